package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// Stream turns tokens into text one by one. A character may be spread over
// several tokens: its bytes are held until it is complete.
type Stream struct {
	t     *Tokenizer
	held  string
	begin bool // the next text is the beginning of one
}

// Push adds a token, which must be in the vocabulary, and returns the text that
// is complete now. Bytes that can't become UTF-8 are returned as U+FFFD. Control
// tokens have no text.
func (s *Stream) Push(id int32) string {
	if !s.t.IsSpecial(id) {
		s.held += s.t.text(id)
	}
	cut := len(s.held) - incomplete(s.held)
	text := s.held[:cut]
	s.held = s.held[cut:]
	if s.begin && text != "" {
		s.begin = false
		if !strings.HasPrefix(s.t.coder.finish(text+"a"), " ") {
			text = strings.TrimPrefix(text, " ")
		}
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// Holds says whether bytes of an incomplete character are held.
func (s *Stream) Holds() bool { return s.held != "" }

// Flush returns what is held, as U+FFFD.
func (s *Stream) Flush() string {
	text := strings.ToValidUTF8(s.held, "\uFFFD")
	s.held = ""
	return text
}

// incomplete returns how many bytes at the end of s begin a character that has
// not ended.
func incomplete(s string) int {
	for n := 1; n <= min(len(s), utf8.UTFMax-1); n++ {
		if c := s[len(s)-n]; utf8.RuneStart(c) {
			if !utf8.FullRuneInString(s[len(s)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}
