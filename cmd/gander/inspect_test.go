package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestInspectUnsupportedFolder: inspect of a folder that can't run is no failure, and
// says what can't.
func TestInspectUnsupportedFolder(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"architectures":["MambaForCausalLM"]}`), 0o600))
	code, out, stderr := gander("", "inspect", dir, "--json")
	require.Zero(t, code, stderr)
	var r report
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	assert.False(t, r.Supported)
	assert.Equal(t, "MambaForCausalLM", r.Architecture)
	assert.Contains(t, r.Reason, `architecture "MambaForCausalLM"`)
	_, out, _ = gander("", "inspect", dir)
	assert.Contains(t, out, "can't run it")

	code, _, stderr = gander("[]", "chat-template", "-m", dir)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "MambaForCausalLM")
}
