package tokenizer

import "fmt"

// Piece is a token of a SentencePiece model.
type Piece struct {
	Text  string // with ▁ in place of spaces
	Score float32
	Type  int32 // a number of tokenizer.ggml.token_type
}

// Pieces is what a SentencePiece model of type BPE is in GGUF.
type Pieces struct {
	List     []Piece
	AddSpace bool // whether a space is put before a text
}

// ReadPieces reads the tokens of a SentencePiece model. A broken file is an
// *errs.FormatError, a model of another type than BPE an *errs.UnsupportedError.
func ReadPieces(model []byte) (*Pieces, error) {
	m, err := readSentencePiece(model)
	if err == nil && m.modelType != modelBPE {
		err = unsupported("SentencePiece model type in GGUF", fmt.Sprint(m.modelType), []string{fmt.Sprint(modelBPE)})
	}
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	p := &Pieces{List: make([]Piece, len(m.pieces)), AddSpace: m.prefix}
	for i, piece := range m.pieces {
		p.List[i] = Piece{piece.text, piece.score, int32(piece.kind)}
	}
	return p, nil
}
