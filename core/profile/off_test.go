//go:build !profile

package profile

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestOff: a build without the tag has nothing to tell.
func TestOff(t *testing.T) {
	assert.False(t, Enabled)
	Leave(Enter(Matmul))
	Reset()
	assert.Empty(t, Table(1))
}
