package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isSpace says whether Python takes a character for white space (str.isspace).
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// leadingSpace returns how many bytes of white space s begins with.
func leadingSpace(s string) int {
	n := strings.IndexFunc(s, func(r rune) bool { return !isSpace(r) })
	if n < 0 {
		return len(s)
	}
	return n
}

func join(parts []string) string { return strings.Join(parts, "") }

// isLineEnd says whether Python ends a line at a character (str.splitlines).
func isLineEnd(r rune) bool {
	return r >= '\n' && r <= '\r' || r >= 0x1c && r <= 0x1e || r == 0x85 || r == 0x2028 || r == 0x2029
}

// splitLines is Python's str.splitlines.
func splitLines(s string, keepEnds bool) []string {
	var lines []string
	for s != "" {
		i := strings.IndexFunc(s, isLineEnd)
		if i < 0 {
			return append(lines, s)
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		if strings.HasPrefix(s[i:], "\r\n") {
			n = 2
		}
		end := i
		if keepEnds {
			end += n
		}
		lines = append(lines, s[:end])
		s = s[i+n:]
	}
	return lines
}

// splitSpace is str.split without a separator: at most n splits at white space, all
// of them if n is negative.
func splitSpace(s string, n int) []string {
	var parts []string
	for {
		s = s[leadingSpace(s):]
		if s == "" {
			return parts
		}
		end := strings.IndexFunc(s, isSpace)
		if n == 0 || end < 0 {
			return append(parts, s) // with the white space at its end
		}
		parts = append(parts, s[:end])
		s = s[end:]
		n--
	}
}

// splitSpaceRight is str.rsplit without a separator.
func splitSpaceRight(s string, n int) []string {
	var parts []string
	for {
		s = strings.TrimRightFunc(s, isSpace)
		if s == "" {
			break
		}
		start := strings.LastIndexFunc(s, isSpace)
		if n == 0 || start < 0 {
			parts = append(parts, s)
			break
		}
		_, size := utf8.DecodeRuneInString(s[start:])
		parts = append(parts, s[start+size:])
		s = s[:start]
		n--
	}
	reverse(parts)
	return parts
}

// splitRight is str.rsplit with a separator.
func splitRight(s, sep string, n int) []string {
	var parts []string
	for ; n != 0; n-- {
		i := strings.LastIndex(s, sep)
		if i < 0 {
			break
		}
		parts = append(parts, s[i+len(sep):])
		s = s[:i]
	}
	parts = append(parts, s)
	reverse(parts)
	return parts
}

func reverse(s []string) {
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
}

func capitalize(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return titleCase(s[:n]) + lower(s[n:])
}

// titleWords is str.title: letters that follow no letter are in upper case.
func titleWords(s string) string {
	var b strings.Builder
	inside := false
	for _, r := range s {
		letter := unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r)
		switch {
		case !letter:
			b.WriteRune(r)
		case inside:
			b.WriteString(lower(string(r)))
		default:
			b.WriteString(titleCase(string(r)))
		}
		inside = letter
	}
	return b.String()
}

// upper is str.upper. Of the letters that become several, it knows ß; the others are
// ligatures and rare.
func upper(s string) string {
	s = strings.ToUpper(s)
	if strings.ContainsRune(s, 'ß') {
		s = strings.ReplaceAll(s, "ß", "SS")
	}
	return s
}

func lower(s string) string { return strings.ToLower(s) }

func titleCase(s string) string {
	if s == "ß" {
		return "Ss"
	}
	return strings.ToTitle(s)
}

// everyCased says whether s has letters with a case, all of which are of one.
func everyCased(s string, is, isNot func(rune) bool) bool {
	found := false
	for _, r := range s {
		if isNot(r) || unicode.IsTitle(r) {
			return false
		}
		found = found || is(r)
	}
	return found
}

// every says whether s is not empty and all of its characters are such.
func every(s string, is func(rune) bool) bool {
	for _, r := range s {
		if !is(r) {
			return false
		}
	}
	return s != ""
}
