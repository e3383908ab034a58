package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gander runs a command line in this process.
func gander(stdin string, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(context.Background(), &cli{in: strings.NewReader(stdin), out: &out, err: &err}, args)
	return code, out.String(), err.String()
}

// fixture is what these tests need of a golden model (FORMAT.md beside them).
type fixture struct {
	modelPath string
	Mode      string
	Prompt    []int32
	Greedy    []int32
	AttnQ     []int `json:"attn_q"`
	NCtx      int   `json:"n_ctx"`

	DecoderPrompt []int32 `json:"decoder_prompt"`

	Tolerance struct {
		LogitsAbs float64 `json:"logits_abs"`
		AttnAbs   float64 `json:"attn_abs"`
		LOutAbs   float64 `json:"l_out_abs"`
	}
	Tokenizer []struct {
		Text     string
		IDsPlain []int32 `json:"ids_plain"`
		DetokHex string  `json:"detok_hex"`
	}
	Sections []struct {
		Name          string
		Shape         []int
		Offset, Bytes int
	}
	bin []byte
}

// shared returns a path in the folder of reference data beside the repository.
func shared(t *testing.T, path ...string) string {
	p := filepath.Join(append([]string{"..", "..", "..", "shared"}, path...)...)
	if root := os.Getenv("GANDER_SHARED"); root != "" {
		p = filepath.Join(append([]string{root}, path...)...)
	}
	if _, err := os.Stat(p); err != nil {
		t.Skipf("reference data %s is not there", filepath.Join(path...))
	}
	return p
}

// golden reads the fixture of a small llama; tokens is its prompt.
func golden(t *testing.T) (f *fixture, tokens string) { return goldenOf(t, "llama_untied") }

// goldenOf reads a fixture.
func goldenOf(t *testing.T, name string) (f *fixture, tokens string) {
	dir := shared(t, "golden", name)
	b, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	require.NoError(t, err)
	f = &fixture{modelPath: filepath.Join(dir, "model.gguf")}
	require.NoError(t, json.Unmarshal(b, f))
	f.bin, err = os.ReadFile(filepath.Join(dir, "expected.bin"))
	require.NoError(t, err)
	for _, id := range f.Prompt {
		tokens += "," + strconv.Itoa(int(id))
	}
	return f, tokens[1:]
}

// section returns the values of a section, and its shape.
func (f *fixture) section(t *testing.T, name string) (values []float32, shape []int) {
	for _, s := range f.Sections {
		if s.Name == name {
			values = make([]float32, s.Bytes/4)
			_, err := binary.Decode(f.bin[s.Offset:s.Offset+s.Bytes], binary.LittleEndian, values)
			require.NoError(t, err)
			shape = s.Shape
		}
	}
	require.NotEmpty(t, values, name)
	return values, shape
}

// logits returns the expected rows after each token of the prompt.
func (f *fixture) logits(t *testing.T) (rows [][]float32) {
	values, shape := f.section(t, "logits")
	for ; len(values) > 0; values = values[shape[1]:] {
		rows = append(rows, values[:shape[1]])
	}
	return rows
}

func TestUsage(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.gguf")
	require.NoError(t, os.WriteFile(broken, []byte("GGUF\x03\x00\x00\x00 and then nothing"), 0o600))
	for _, c := range []struct {
		name string
		args string
		code int
		want string // in stderr
	}{
		{"nothing", "", 2, "usage: gander COMMAND"},
		{"unknown command", "fly", 2, `no command "fly"`},
		{"unknown flag", "run --fly", 2, "gander run: flag provided but not defined: -fly (gander run -h lists the flags)\n"},
		{"help of an unknown command", "help fly", 2, `no command "fly"`},
		{"sizes where there are no weights", "tokenize -m x -p x --kv-type int8", 2, "not defined"},
		{"workers where there are no weights", "detokenize -m x --tokens 1 --workers 2", 2, "not defined"},
		{"context where there are no weights", "chat-template -m x --context 9", 2, "not defined"},
		{"no model", "run -p x", 2, "-m FILE is missing"},
		{"missing file", "run -m /no/such/file -p x", 1, "no such file"},
		{"broken file", "run -m " + broken + " -p x", 1, "gguf"},
		{"broken file, inspect", "inspect " + broken, 1, "gguf"},
		{"workers", "run -m " + broken + " --workers 1000", 2, "workers"},
		{"bad ids", "logits -m x --tokens 1,two", 2, `"two"`},
		{"no ids", "logits -m x", 2, "--tokens is missing"},
		{"keep of what doesn't shift", "run -m x --keep 4", 2, "--overflow shift"},
		{"keep of what shifts", "run -m /no/such/file --keep 4 --overflow shift", 1, "no such file"},
		{"inspect what", "inspect", 2, "FILE is missing"},
		{"plain argument", "run model.gguf", 2, "unexpected argument"},
		{"profile in a usual build", "bench -m x --profile", 2, "-tags profile"},
		{"unknown type", "dequant --type Q9", 2, "known are F32"},
		{"serve what", "serve /no/such/folder", 1, "no such file"},
		{"serve port", "serve --port 99999 .", 2, "--port 99999 is not from 0 to 65535"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := gander("", strings.Fields(c.args)...)
			assert.Equal(t, c.code, code, stderr)
			assert.Contains(t, stderr, c.want)
			assert.Empty(t, stdout)
		})
	}
}

// TestHelp: help that was asked for is no error, and every command has --json.
func TestHelp(t *testing.T) {
	code, stdout, stderr := gander("", "help")
	assert.Zero(t, code)
	assert.Empty(t, stderr)
	for name, command := range commands {
		assert.Regexp(t, " "+name+" +"+command.summary+"\n", stdout)
		for _, args := range [][]string{{name, "-h"}, {name, "--help"}, {"help", name}} {
			code, stdout, stderr := gander("", args...)
			assert.Zero(t, code)
			assert.Empty(t, stderr)
			assert.Contains(t, stdout, "usage: gander "+name+" ")
			assert.Contains(t, stdout, "\n  -json\n")
			assert.NotRegexp(t, `(?m)^  -\w+ value$`, stdout, "what the value is has a name")
		}
	}
}

// full is a writer on a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestOutputIsLost: a command that could not write what it had to say has failed.
func TestOutputIsLost(t *testing.T) {
	f, tokens := golden(t)
	for _, command := range []string{"run -n 2 --tokens " + tokens, "detokenize --tokens " + tokens, "tokenize -p x", "logits --tokens " + tokens} {
		var err bytes.Buffer
		code := run(context.Background(), &cli{in: strings.NewReader(""), out: full{}, err: &err}, append(strings.Fields(command), "-m", f.modelPath))
		assert.Equal(t, 1, code, command)
		assert.Contains(t, err.String(), "no space left")
	}
}

// TestInterruptWhileReading: a command that waits for its input ends when it is interrupted.
func TestInterruptWhileReading(t *testing.T) {
	f, _ := golden(t)
	for _, command := range [][]string{{"run", "-m", f.modelPath}, {"chat-template", "-m", f.modelPath}, {"dequant", "--type", "Q8_0"}} {
		in, typed := io.Pipe()
		ctx, interrupt := context.WithCancel(context.Background())
		go func() {
			_, err := typed.Write([]byte("[{")) // comes back when it was read, and more is waited for
			assert.NoError(t, err)
			interrupt()
		}()
		var out, err bytes.Buffer
		assert.Equal(t, 1, run(ctx, &cli{in: in, out: &out, err: &err}, command))
		assert.Contains(t, err.String(), "interrupted")
		typed.Close()
	}
}

func TestBadOptionsOfAModel(t *testing.T) {
	f, tokens := golden(t)
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"NaN temperature", []string{"--temp", "NaN"}, 2, "option temperature (--temp): is NaN"},
		{"negative top-k", []string{"--top-k", "-1"}, 2, "option topK (--top-k): "},
		{"negative length", []string{"-n", "-3"}, 2, "option maxTokens (-n): "},
		{"negative context", []string{"--context", "-3"}, 2, "option contextLength (--context): "},
		{"empty stop", []string{"--stop", ""}, 2, "stop"},
		{"too many drafts", []string{"--speculate", "65"}, 2, "speculate"},
		{"both prompts", []string{"-p", "x"}, 2, "exclude"},
		{"context too small", []string{"--context", "8"}, 1, "the context has 8"},
		{"token outside", []string{"--tokens", "99999"}, 2, "not in the vocabulary"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _, stderr := gander("", append([]string{"run", "-m", f.modelPath, "--tokens", tokens}, c.args...)...)
			assert.Equal(t, c.code, code)
			assert.Contains(t, stderr, c.want)
		})
	}
	code, stdout, _ := gander("", "run", "-m", f.modelPath, "-p", "Once", "--temp", "-1")
	assert.Equal(t, 2, code)
	assert.Empty(t, stdout, "not even the prompt")
	code, stdout, _ = gander("", "run", "-m", f.modelPath, "-p", "Once", "-n", "3")
	assert.Zero(t, code)
	assert.True(t, strings.HasPrefix(stdout, "Once") && strings.HasSuffix(stdout, "\n") && len(stdout) > len("Once\n"), stdout)
	assert.Equal(t, 1, strings.Count(stdout, "Once"))
}

func TestRunMatchesGolden(t *testing.T) {
	f, tokens := golden(t)
	code, stdout, stderr := gander("", "run", "-m", f.modelPath, "--tokens", tokens, "-n", strconv.Itoa(len(f.Greedy)), "--temp", "0", "--ignore-eos", "--speculate", "8", "--json")
	require.Equal(t, 0, code, stderr)
	var got struct {
		Text         string
		Tokens       []int32
		FinishReason string
		Usage        map[string]int
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	assert.Equal(t, f.Greedy, got.Tokens)
	assert.Equal(t, "length", got.FinishReason)
	assert.NotEmpty(t, got.Text)
	assert.Equal(t, len(f.Greedy), got.Usage["completionTokens"])
	assert.Contains(t, got.Usage, "draftedTokens")
	assert.LessOrEqual(t, got.Usage["acceptedTokens"], got.Usage["draftedTokens"])
}

func TestLogitsRoundTrip(t *testing.T) {
	f, tokens := golden(t)
	code, stdout, stderr := gander("", "logits", "-m", f.modelPath, "--tokens", tokens, "--all", "--json")
	require.Equal(t, 0, code, stderr)
	var got struct{ Logits [][]float32 }
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	want := f.logits(t)
	require.Len(t, got.Logits, len(want))
	for i, row := range got.Logits {
		require.InDeltaSlice(t, want[i], row, 1e-3)
	}
	_, last, _ := gander("", "logits", "-m", f.modelPath, "--tokens", tokens, "--json")
	var one struct{ Logits [][]float32 }
	require.NoError(t, json.Unmarshal([]byte(last), &one))
	assert.Equal(t, got.Logits[len(got.Logits)-1:], one.Logits)
	_, human, _ := gander("", "logits", "-m", f.modelPath, "--tokens", tokens)
	assert.Contains(t, human, "after token")
}

func TestTokenizeAndBack(t *testing.T) {
	f, _ := golden(t)
	for _, c := range f.Tokenizer {
		code, stdout, stderr := gander(c.Text, "tokenize", "-m", f.modelPath, "--no-special", "--json")
		require.Equal(t, 0, code, stderr)
		var got struct{ Tokens []int32 }
		require.NoError(t, json.Unmarshal([]byte(stdout), &got))
		assert.Equal(t, c.IDsPlain, got.Tokens)
		if len(got.Tokens) == 0 {
			continue
		}
		list := strings.Trim(strings.ReplaceAll(strings.TrimSpace(stdout[len(`{"tokens":`):]), "}", ""), "[]")
		code, stdout, stderr = gander("", "detokenize", "-m", f.modelPath, "--tokens", list, "--json")
		require.Equal(t, 0, code, stderr)
		text, err := hex.DecodeString(c.DetokHex)
		require.NoError(t, err)
		var back struct{ Text string }
		require.NoError(t, json.Unmarshal([]byte(stdout), &back))
		assert.Equal(t, string(text), back.Text)
	}
}

func TestDequant(t *testing.T) {
	dir := shared(t, "golden", "quants")
	raw, err := os.ReadFile(filepath.Join(dir, "q8_0.raw"))
	require.NoError(t, err)
	want, err := os.ReadFile(filepath.Join(dir, "q8_0.f32"))
	require.NoError(t, err)
	code, stdout, stderr := gander(string(raw), "dequant", "--type", "Q8_0")
	require.Equal(t, 0, code, stderr)
	assert.Equal(t, string(want), stdout)
	code, stdout, stderr = gander(string(raw), "dequant", "--type", "q8_0", "--json")
	require.Equal(t, 0, code, stderr)
	var got struct{ Values []float32 }
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	back, err := binary.Append(nil, binary.LittleEndian, got.Values)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(back))
	code, _, stderr = gander(string(raw[:40]), "dequant", "--type", "Q8_0")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "cut off")
}

func TestInspectAndBench(t *testing.T) {
	f, _ := golden(t)
	code, stdout, _ := gander("", "inspect", f.modelPath, "--json")
	require.Equal(t, 0, code)
	var r report
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	assert.True(t, r.Supported)
	assert.NotEmpty(t, r.Tensors)
	data, err := os.ReadFile(f.modelPath)
	require.NoError(t, err)
	other := filepath.Join(t.TempDir(), "other.gguf")
	require.NoError(t, os.WriteFile(other, bytes.ReplaceAll(data, []byte("llama"), []byte("mamba")), 0o600))
	code, stdout, _ = gander("", "inspect", other)
	require.Equal(t, 0, code)
	assert.Contains(t, stdout, `"mamba"`, "says which architecture is not supported")
	code, stdout, stderr := gander("", "bench", "-m", f.modelPath, "--prompt", "8", "--gen", "4", "--json")
	require.Equal(t, 0, code, stderr)
	var b map[string]float64
	require.NoError(t, json.Unmarshal([]byte(stdout), &b))
	for _, k := range []string{"prefill_tps", "decode_tps", "load_ms"} {
		assert.Greater(t, b[k], 0.0, k)
	}
}

func TestServe(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "model.gguf"), []byte("0123456789"), 0o600))
	s := httptest.NewServer(handler(dir, true))
	defer s.Close()
	req, err := http.NewRequest("GET", s.URL+"/model.gguf", nil)
	require.NoError(t, err)
	req.Header.Set("Range", "bytes=2-4")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	assert.Equal(t, 206, res.StatusCode)
	assert.Equal(t, "234", string(body))
	assert.Equal(t, "require-corp", res.Header.Get("Cross-Origin-Embedder-Policy"))
}

func TestServeJSON(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	in, out := io.Pipe()
	done := make(chan int)
	var stderr bytes.Buffer
	go func() {
		done <- run(ctx, &cli{out: out, err: &stderr}, []string{"serve", t.TempDir(), "--port", "0", "--json"})
	}()
	var got struct{ Dir, URL string }
	require.NoError(t, json.NewDecoder(in).Decode(&got))
	res, err := http.Get(got.URL)
	require.NoError(t, err)
	res.Body.Close()
	assert.Equal(t, 200, res.StatusCode)
	stop()
	assert.Zero(t, <-done, stderr.String())
}
