package chat

import (
	"fmt"
	"strings"
	"time"
)

// strftime writes the present time in a format of C, in English (Python's
// datetime.strftime in the C locale).
func (in *interp) strftime(format string) string {
	var b strings.Builder
	for {
		text, rest, found := strings.Cut(format, "%")
		b.WriteString(text)
		if !found {
			return b.String()
		}
		plain := strings.HasPrefix(rest, "-") // no padding, as in glibc
		rest = strings.TrimPrefix(rest, "-")
		if rest == "" {
			b.WriteString("%")
			return b.String()
		}
		s, ok := directive(in.now, rest[0])
		if !ok {
			in.fail("strftime_now has no %%%s", rest[:1])
		}
		if plain {
			if s = strings.TrimLeft(s, "0 "); s == "" {
				s = "0"
			}
		}
		b.WriteString(s)
		format = rest[1:]
	}
}

// layouts are the directives that Go's time.Format has.
var layouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'd': "02", 'm': "01", 'y': "06", 'H': "15", 'I': "03",
	'M': "04", 'S': "05", 'p': "PM", 'j': "002", 'D': "01/02/06", 'x': "01/02/06", 'F': "2006-01-02", 'R': "15:04",
	'T': "15:04:05", 'X': "15:04:05", 'r': "03:04:05 PM", 'e': "_2", 'c': "Mon Jan _2 15:04:05 2006", 'Y': "2006",
}

// directive writes what one letter stands for.
func directive(t time.Time, letter byte) (string, bool) {
	if letter == 'f' {
		return fmt.Sprintf("%06d", t.Nanosecond()/1000), true
	}
	if layout, ok := layouts[letter]; ok {
		return t.Format(layout), true
	}
	year, week := t.ISOWeek()
	weekday := int(t.Weekday())
	switch letter {
	case '%':
		return "%", true
	case 'n':
		return "\n", true
	case 't':
		return "\t", true
	case 'C':
		return fmt.Sprintf("%02d", t.Year()/100), true
	case 'G':
		return fmt.Sprint(year), true
	case 'V':
		return fmt.Sprintf("%02d", week), true
	case 'u':
		return fmt.Sprint((weekday+6)%7 + 1), true
	case 'w':
		return fmt.Sprint(weekday), true
	case 'U': // weeks begin on Sundays
		return fmt.Sprintf("%02d", (t.YearDay()+6-weekday)/7), true
	case 'W': // weeks begin on Mondays
		return fmt.Sprintf("%02d", (t.YearDay()+6-(weekday+6)%7)/7), true
	case 'k':
		return fmt.Sprintf("%2d", t.Hour()), true
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1), true
	case 's':
		return fmt.Sprint(t.Unix()), true
	case 'z', 'Z': // the time has no zone in Python
		return "", true
	}
	return "", false
}
