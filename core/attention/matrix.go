package attention

import (
	"fmt"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/kernel"
)

// Matrix is rows of numbers, one after the other. A row belongs to a position of
// a text; heads lie side by side in it.
type Matrix struct {
	Rows, Cols int
	Data       []float32 // [Rows, Cols]
}

// Rows returns a matrix that holds a copy of rows. Rows of different lengths make
// a matrix that every function of this package refuses.
func Rows(rows ...[]float32) Matrix {
	m := Matrix{Rows: len(rows)}
	for i, r := range rows {
		if i == 0 {
			m.Cols = len(r)
		}
		if len(r) != m.Cols {
			return Matrix{Rows: len(rows), Cols: -1}
		}
		m.Data = append(m.Data, r...)
	}
	return m
}

// Row returns row i, not copied. It panics if there is none.
func (m Matrix) Row(i int) []float32 { return m.Data[i*m.Cols : (i+1)*m.Cols] }

func newMatrix(rows, cols int) Matrix {
	return Matrix{Rows: rows, Cols: cols, Data: make([]float32, rows*cols)}
}

// check returns an error unless the matrix, which the caller knows by name, holds
// what its sizes say.
func (m Matrix) check(name string) error {
	switch {
	case m.Cols < 0:
		return bad(name, "its rows have different lengths")
	case m.Rows < 0 || m.Cols == 0 && m.Rows > 0:
		return bad(name, "%d rows of %d numbers", m.Rows, m.Cols)
	case m.Cols == 0 && len(m.Data) > 0, m.Cols > 0 && (len(m.Data)%m.Cols != 0 || len(m.Data)/m.Cols != m.Rows):
		return bad(name, "%d numbers for %d rows of %d", len(m.Data), m.Rows, m.Cols)
	}
	return nil
}

// bad returns the error of an option or argument of this package.
func bad(option, format string, args ...any) error {
	return fmt.Errorf("attention: %w", &errs.OptionError{Option: option, What: fmt.Sprintf(format, args...)})
}

// Linear is a projection y = x·Wᵀ + b, the weights as torch.nn.Linear has them: a
// Keras kernel is their transpose. The zero Linear leaves x as it is.
type Linear struct {
	Weight Matrix    // [out, in]
	Bias   []float32 // [out], nil without
}

// identity reports whether the projection leaves its input as it is.
func (l Linear) identity() bool {
	return l.Weight.Rows == 0 && l.Weight.Cols == 0 && l.Weight.Data == nil && l.Bias == nil
}

// Forward returns the rows of x [rows, in], projected [rows, out].
func (l Linear) Forward(x Matrix) (Matrix, error) { return l.forward(x, "Weight", "x") }

// forward is Forward with the names that weights and input have for the caller.
func (l Linear) forward(x Matrix, weight, input string) (Matrix, error) {
	if err := x.check(input); err != nil {
		return Matrix{}, err
	}
	if l.identity() {
		return x, nil
	}
	if err := l.Weight.check(weight); err != nil {
		return Matrix{}, err
	}
	if x.Cols != l.Weight.Cols {
		return Matrix{}, bad(input, "rows of %d numbers for the %d columns of %s", x.Cols, l.Weight.Cols, weight)
	}
	if l.Bias != nil && len(l.Bias) != l.Weight.Rows {
		return Matrix{}, bad(weight, "a bias of %d numbers for %d rows", len(l.Bias), l.Weight.Rows)
	}
	y := newMatrix(x.Rows, l.Weight.Rows)
	kernel.MatMul(y.Data, l.Weight.Data, x.Data, y.Cols, x.Cols, x.Rows)
	if l.Bias != nil {
		for i := range y.Rows {
			kernel.Add(y.Row(i), l.Bias)
		}
	}
	return y, nil
}
