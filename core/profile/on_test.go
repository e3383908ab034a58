//go:build profile

package profile

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestNested: a part within another one interrupts it, and each moment counts once.
func TestNested(t *testing.T) {
	real, clock := now, time.Duration(0)
	now = func() time.Duration { return clock }
	defer func() { now = real; Reset() }()
	pass := func(us int) { clock += time.Duration(us) * time.Microsecond }
	Reset()
	pass(10)
	for range 2 {
		outer := Enter(Attention)
		pass(20)
		inner := Enter(Matmul)
		pass(300)
		Leave(inner)
		pass(5)
		Leave(outer)
		pass(30)
	}
	table := Table(2)
	for _, row := range []string{"| attention | 25.0 | 6.9 % | 1.0 |", "| matmul | 300.0 | 83.3 % | 1.0 |", "| norm | 0.0 | 0.0 % | 0.0 |", "| other | 35.0 | 9.7 % | 0.0 |", "| all | 360.0 | 100.0 % | 0.0 |"} {
		assert.Contains(t, table, row+"\n")
	}
	Reset()
	pass(7)
	assert.Contains(t, Table(1), "| all | 7.0 |")
}
