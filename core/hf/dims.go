package hf

import (
	"fmt"
	"strconv"
	"strings"
)

// shape evaluates a rule's dims: sums of products of numbers and sizes, with
// commas between them, outermost first.
func (c *config) shape(dims string) []int64 {
	var shape []int64
	for _, dim := range strings.Split(dims, ",") {
		sum := int64(0)
		for _, term := range strings.Split(dim, "+") {
			product := int64(1)
			for _, factor := range strings.Split(term, "*") {
				product *= c.value(factor)
			}
			sum += product
		}
		shape = append(shape, sum)
	}
	return shape
}

// value returns a number, or a size by its name. Sizes are below 2^31, so that
// products of two, and three times that, fit.
func (c *config) value(factor string) int64 {
	if n, err := strconv.ParseInt(factor, 10, 64); err == nil {
		return n
	}
	n, ok := c.sizes[factor]
	if !ok {
		panic("hf: no size is called " + factor)
	}
	return n
}

// explain names the sizes that dims is made of, with their values and the keys
// that config.json has for them.
func (c *config) explain(dims string) string {
	var parts []string
	seen := map[string]bool{}
	for _, name := range strings.FieldsFunc(dims, func(r rune) bool { return strings.ContainsRune(",+*", r) }) {
		if _, err := strconv.Atoi(name); err == nil || seen[name] {
			continue
		}
		seen[name] = true
		key := name
		if k := c.names[name]; k != "" {
			key = k
		}
		parts = append(parts, fmt.Sprintf("%s is %d", key, c.sizes[name]))
	}
	return strings.Join(parts, ", ")
}
