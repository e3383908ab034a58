package safetensors

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sort"
	"strings"

	"github.com/gander-lm/gander/core/errs"
	"github.com/gander-lm/gander/core/files"
)

// The names of a model's files in a folder.
const (
	SingleName = "model.safetensors"
	IndexName  = "model.safetensors.index.json"
)

// maxIndexBytes bounds the index: a name and a shard for each tensor.
const maxIndexBytes = 64 << 20

// Set is the tensors of a model, in one file or in several shards.
type Set struct {
	Parts []Part // by their names

	byName map[string]int // of a tensor, the part
	opened []io.Closer
}

// Part is one file of a Set.
type Part struct {
	Name string // of the file
	*File

	prefix string // that the Set has before the names of its tensors
}

// Open reads the headers of a model's files: model.safetensors, or the shards that
// model.safetensors.index.json names. The files of fsys must be io.ReaderAts, as
// those of os.DirFS are. A missing shard, or a tensor that is not where the index
// says, is an *errs.FormatError. Close the set after use.
func Open(fsys fs.FS) (*Set, error) {
	s := &Set{byName: map[string]int{}}
	if err := s.open(fsys); err != nil {
		s.Close()
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	return s, nil
}

func (s *Set) open(fsys fs.FS) error {
	err := s.add(fsys, SingleName, "")
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	index, err := files.ReadObject(fsys, IndexName, maxIndexBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return &errs.FormatError{Offset: -1, What: fmt.Sprintf("the folder has neither %s nor %s", SingleName, IndexName)}
	} else if err != nil {
		return err
	}
	list, _ := index["weight_map"].(map[string]any)
	if len(list) == 0 {
		return &errs.FormatError{Offset: -1, What: IndexName + " has no weight_map"}
	}
	shards, weightMap := map[string]bool{}, map[string]string{}
	for name, value := range list {
		shard, ok := value.(string)
		if !ok {
			return &errs.FormatError{Offset: -1, What: fmt.Sprintf("%s has %v in the place of a shard's name", IndexName, value)}
		}
		weightMap[name] = shard
		if strings.ContainsAny(shard, `/\`) || !fs.ValidPath(shard) {
			return &errs.FormatError{Offset: -1, What: fmt.Sprintf("%s names the shard %q, which is no plain file name", IndexName, shard)}
		}
		shards[shard] = true
	}
	names := make([]string, 0, len(shards))
	for shard := range shards {
		names = append(names, shard)
	}
	sort.Strings(names)
	for _, shard := range names {
		if err := s.add(fsys, shard, ""); errors.Is(err, fs.ErrNotExist) {
			return &errs.FormatError{Offset: -1, What: fmt.Sprintf("the shard %s is missing, which %s names", shard, IndexName)}
		} else if err != nil {
			return err
		}
	}
	return s.follow(weightMap)
}

// AddFolder adds the tensors of model.safetensors in a folder within, whose names then
// begin with the folder's and a slash. A file that is not there is fs.ErrNotExist.
func (s *Set) AddFolder(fsys fs.FS, folder string) error {
	if err := s.add(fsys, folder+"/"+SingleName, folder+"/"); err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	return nil
}

// follow makes the index decide in which shard a tensor is.
func (s *Set) follow(weightMap map[string]string) error {
	s.byName = map[string]int{}
	part := map[string]int{}
	for i, p := range s.Parts {
		part[p.Name] = i
	}
	for name, shard := range weightMap {
		if _, ok := s.Parts[part[shard]].Tensor(name); !ok {
			return &errs.FormatError{Offset: -1, What: fmt.Sprintf("tensor %q is not in %s, where %s says it is", name, shard, IndexName)}
		}
		s.byName[name] = part[shard]
	}
	return nil
}

// add reads the header of one file. The names of its tensors get a prefix.
func (s *Set) add(fsys fs.FS, name, prefix string) error {
	r, size, closer, err := files.Open(fsys, name)
	if err != nil {
		return err
	}
	s.opened = append(s.opened, closer)
	f, err := read(r, size)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, t := range f.Tensors {
		s.byName[prefix+t.Name] = len(s.Parts)
	}
	s.Parts = append(s.Parts, Part{name, f, prefix})
	return nil
}

// Tensor returns the tensor of that name and the number of its part.
func (s *Set) Tensor(name string) (t *Tensor, part int, ok bool) {
	part, ok = s.byName[name]
	if !ok {
		return nil, 0, false
	}
	t, _ = s.Parts[part].Tensor(strings.TrimPrefix(name, s.Parts[part].prefix))
	return t, part, true
}

// Names returns the names of all tensors, sorted.
func (s *Set) Names() []string {
	names := make([]string, 0, len(s.byName))
	for n := range s.byName {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Close closes the files.
func (s *Set) Close() error {
	var err error
	for _, c := range s.opened {
		err = errors.Join(err, c.Close())
	}
	s.opened = nil
	return err
}
