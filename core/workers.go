package core

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/shard"
)

// maxWorkers bounds how many workers a model can have; more than cores are no use.
const maxWorkers = 64

// OpenWorkers is OpenSource with several workers, each a goroutine with its own part
// of the model; the model that it returns leads them. The files must allow reading
// by several goroutines, as io.ReaderAt demands. Close it to let them go.
//
// Results have the same bits with any number of workers.
func OpenWorkers(ctx context.Context, src Source, workers int, o Options) (*Model, error) {
	if err := checkWorkers(workers); err != nil {
		return nil, err
	}
	if workers == 1 {
		return OpenSource(ctx, src, o)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	groups, models := shard.Local(workers), make([]*Model, workers)
	var loading sync.WaitGroup
	for r := range workers {
		own := o
		own.Group = groups[r]
		if r > 0 {
			own.Progress = nil
		}
		loading.Go(func() {
			m, err := OpenSource(ctx, src, own)
			if err != nil {
				cancel(err) // the first error counts, the others are its consequences
			}
			models[r] = m
		})
	}
	loading.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	for r, m := range models[1:] {
		go func() {
			if err := m.Follow(); err != nil && !errors.Is(err, shard.ErrClosed) {
				groups[r+1].Break(err)
			}
		}()
	}
	return models[0], nil
}

func checkWorkers(n int) error {
	if n < 1 || n > maxWorkers {
		return &errs.OptionError{Option: "workers", What: fmt.Sprintf("is %d, must be from 1 to %d", n, maxWorkers)}
	}
	return nil
}
