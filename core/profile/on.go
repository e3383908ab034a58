//go:build profile

package profile

import (
	"fmt"
	"strings"
	"time"
)

// Enabled says whether this build measures.
const Enabled = true

var (
	now     = func() time.Duration { return time.Since(origin) } // tests have their own
	origin  = time.Now()
	current Part
	since   time.Duration // when current began or went on
	spent   [numParts]time.Duration
	entered [numParts]int
)

// Enter begins a part. It returns the one that is interrupted, for Leave.
func Enter(p Part) Part {
	before := current
	change(p)
	entered[p]++
	return before
}

// Leave ends a part and goes on with the one before.
func Leave(before Part) { change(before) }

func change(p Part) {
	t := now()
	spent[current] += t - since
	current, since = p, t
}

// Reset forgets all times.
func Reset() {
	since = now()
	clear(spent[:])
	clear(entered[:])
}

// Table returns the times a step, in microseconds, as Markdown.
func Table(steps int) string {
	change(current)
	var all time.Duration
	for _, d := range spent {
		all += d
	}
	var b strings.Builder
	b.WriteString("| part | µs a step | share | times a step |\n| --- | ---: | ---: | ---: |\n")
	row := func(name string, d time.Duration, times int) {
		n := float64(max(1, steps))
		fmt.Fprintf(&b, "| %s | %.1f | %.1f %% | %.1f |\n", name, float64(d.Nanoseconds())/1000/n, 100*d.Seconds()/max(all.Seconds(), 1e-9), float64(times)/n)
	}
	for p := Part(1); p < numParts; p++ {
		row(p.String(), spent[p], entered[p])
	}
	row(Other.String(), spent[Other], 0)
	row("all", all, 0)
	return b.String()
}
