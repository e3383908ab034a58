// Package errs has the kinds of errors that Gander's packages return, so that a
// program can tell a broken file from one that is merely not supported.
package errs

import "fmt"

// FormatError says that a file is broken: it contradicts its format or itself.
type FormatError struct {
	Offset int64  // bytes from the start of the file; -1 if no single place is at fault
	What   string // what is wrong
}

// Error returns what is wrong and where.
func (e *FormatError) Error() string {
	if e.Offset < 0 {
		return e.What
	}
	return fmt.Sprintf("%s (at byte %d)", e.What, e.Offset)
}

// UnsupportedError says that a file is valid but needs something that Gander
// does not have; What names it.
type UnsupportedError struct {
	What string
}

// Error returns what is not supported.
func (e *UnsupportedError) Error() string { return "unsupported: " + e.What }

// OptionError says that an option given by the caller is unknown, out of range
// or in contradiction to another.
type OptionError struct {
	Option string // the option's name, as the caller wrote it
	What   string // what is wrong with it
}

// Error returns the option and what is wrong with it.
func (e *OptionError) Error() string { return "option " + e.Option + ": " + e.What }
