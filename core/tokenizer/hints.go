package tokenizer

import (
	"slices"
	"strconv"
)

// config is what the files beside a tokenizer say.
type config struct {
	bos, eos       string // "" if none is named
	addBOS, addEOS *bool
	clean          bool
	added          []addedToken
}

// readHints reads tokenizer_config.json and special_tokens_map.json.
func readHints(h Hints) (config, error) {
	var c config
	for i, data := range [][]byte{h.Config, h.SpecialTokens} {
		if len(data) == 0 {
			continue
		}
		o, err := readObject(data, [...]string{"tokenizer_config.json", "special_tokens_map.json"}[i])
		if err != nil {
			return c, err
		}
		for name, to := range map[string]*string{"bos_token": &c.bos, "eos_token": &c.eos} {
			if *to == "" {
				*to = o.content(name)
			}
		}
		for name, to := range map[string]**bool{"add_bos_token": &c.addBOS, "add_eos_token": &c.addEOS} {
			if i == 0 && o.has(name) {
				b := o.bool(name, false)
				*to = &b
			}
		}
		if i == 0 {
			c.clean = o.bool("clean_up_tokenization_spaces", false)
			if err := c.readAddedTokens(o); err != nil {
				return c, err
			}
		}
		if o.r.err != nil {
			return c, o.r.err
		}
	}
	return c, nil
}

// readAddedTokens reads added_tokens_decoder, {"id": {"content": ...}}.
func (c *config) readAddedTokens(o object) error {
	list, _ := o.object("added_tokens_decoder")
	for _, key := range keys(list.fields) {
		id, err := strconv.ParseInt(key, 10, 32)
		if err != nil || id < 0 {
			return formatError("%s: %q is no token id", list.where, key)
		}
		token, ok := list.object(key)
		if !ok {
			return formatError("%s.%s is missing", list.where, key)
		}
		token.fields["id"] = float64(id)
		c.added = append(c.added, readAdded([]object{token})...)
	}
	return nil
}

// apply sets BOS, EOS and the ends of a vocabulary.
func (c config) apply(v *vocab, h Hints) error {
	for text, to := range map[*string]*int32{&c.bos: &v.bos, &c.eos: &v.eos} {
		if id, ok := v.ids[*text]; ok && *text != "" {
			*to = id
		}
	}
	for _, ids := range [][]int32{h.Ends, h.BOS} {
		for _, id := range ids {
			if id < 0 || int(id) >= len(v.tokens) {
				return formatError("token %d is to begin or end texts, in a vocabulary of %d", id, len(v.tokens))
			}
		}
	}
	if v.bos < 0 && len(h.BOS) > 0 {
		v.bos = h.BOS[0]
	}
	if v.eos < 0 && len(h.Ends) > 0 {
		v.eos = h.Ends[0]
	}
	for _, id := range append(slices.Clone(h.Ends), v.eos) {
		if id >= 0 {
			v.ends[id] = true
		}
	}
	v.before = addOrNot(v.before, v.bos, c.addBOS)
	v.after = addOrNot(v.after, v.eos, c.addEOS)
	return nil
}

// addOrNot makes a template agree with add_bos_token or add_eos_token, if it is
// about that token alone.
func addOrNot(template []int32, id int32, add *bool) []int32 {
	switch {
	case add == nil || id < 0:
	case *add && len(template) == 0:
		return []int32{id}
	case !*add && len(template) == 1 && template[0] == id:
		return nil
	}
	return template
}
