// Package core opens a model file and writes text with it.
//
//	f, _ := os.Open("model.gguf")
//	info, _ := f.Stat()
//	model, err := core.Open(ctx, f, info.Size(), core.Options{})
//	...
//	session, _ := model.NewSession()
//	prompt, _ := model.Tokenize("Once upon a time", true)
//	for token, err := range session.Generate(ctx, prompt, core.DefaultGenerateOptions()) {
//		if err != nil {
//			return err
//		}
//		fmt.Print(token.Text)
//	}
//
// It wires the other packages together and has no arithmetic of its own.
package core
