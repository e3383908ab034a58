package core

import (
	"errors"
	"fmt"

	"github.com/gander-lm/gander/core/arch"
	"github.com/gander-lm/gander/core/shard"
)

// Of the workers that hold a model together, worker 0 leads: it has the tokenizer,
// chooses the tokens, and tells the others what to compute. They follow: each has
// its part of every session's keys and values. So an abort needs no agreement: the
// leader doesn't ask for the next step.

// What a leader can ask for.
const (
	opForward   = iota + 1 // append ids to a session, which first forgets all positions from position on
	opHidden               // the same for hidden states
	opShift                // forget positions of a session: keep and n, see kvcache.Cache.Shift
	opDrop                 // forget a session
	opEnd                  // stop following
	opTrace                // trace the session's batches as ids say (tracePlan), or no longer
	opAblate               // the plan also has these ablations
	opAttribute            // take part in the attribution of a token
	opImage                // rows of a picture, as the bits of float32
)

// request is what a leader asks for.
type request struct {
	op       int32
	session  int32
	position int // tokens that the session holds before
	rows     int // of logits
	ids      []int32
}

// messageHead is the numbers of a request before its ids.
const messageHead = 5

// messageLen returns the length of a request as a message: its numbers, and the ids
// of the largest batch.
func (m *Model) messageLen() int {
	return messageHead + max(m.batch(m.info.ContextLength), prefillChunk, 1+maxSpeculate, planLen)
}

func (r *request) encode(m []int32) {
	m[0], m[1], m[2], m[3], m[4] = r.op, r.session, int32(r.position), int32(r.rows), int32(len(r.ids))
	copy(m[messageHead:], r.ids)
}

func (r *request) decode(m []int32) {
	*r = request{op: m[0], session: m[1], position: int(m[2]), rows: int(m[3]), ids: m[messageHead : messageHead+m[4]]}
}

// send tells the followers what to do, if there are any. It fails if they were let go.
// m.computing is locked.
func (m *Model) send(r request) error {
	if m.closed {
		return workerError(shard.ErrClosed)
	}
	if m.group.Size() == 1 {
		return nil
	}
	for _, id := range m.takeDropped() {
		drop := request{op: opDrop, session: id}
		drop.encode(m.message)
		m.group.Broadcast(m.message)
	}
	r.encode(m.message)
	m.group.Broadcast(m.message)
	return nil
}

// drop lets the followers forget a session, at the next request. It may be called
// from any goroutine.
func (m *Model) drop(id int32) {
	m.droppedMu.Lock()
	defer m.droppedMu.Unlock()
	m.dropped = append(m.dropped, id)
}

func (m *Model) takeDropped() []int32 {
	m.droppedMu.Lock()
	defer m.droppedMu.Unlock()
	d := m.dropped
	m.dropped = nil
	return d
}

// Follow computes what worker 0 of the model's group asks for, until that model is
// closed (then it returns nil) or the group breaks (then it returns why). Every
// worker but 0 calls it once, after Open.
func (m *Model) Follow() (err error) {
	if m.group.Rank() == 0 {
		panic("core: worker 0 leads")
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("core: worker %d: panic: %v", m.group.Rank(), p)
		}
	}()
	sessions, message, r := map[int32]*Session{}, make([]int32, m.messageLen()), request{}
	var out []float32 // logits or hidden states
	session := func(id int32) *Session {
		if sessions[id] == nil {
			sessions[id] = m.newSession(id)
		}
		return sessions[id]
	}
	for {
		m.group.Broadcast(message)
		if err := m.group.Err(); err != nil {
			return workerError(err)
		}
		r.decode(message)
		switch r.op {
		case opForward, opHidden:
			s := session(r.session)
			s.cache.Truncate(r.position)
			n := r.rows * m.config.VocabSize
			if r.op == opHidden {
				n = len(r.ids) * m.config.HiddenSize
			}
			if cap(out) < n {
				out = make([]float32, n)
			}
			if r.op == opHidden {
				s.computeHidden(r.ids, out[:n])
			} else {
				s.compute(r.ids, out[:n])
			}
		case opShift:
			s := session(r.session)
			s.cache.Truncate(r.position)
			arch.Shift(m.decoder, s.cache, int(r.ids[0]), int(r.ids[1]))
		case opTrace:
			s := session(r.session)
			s.trace = nil
			if p, active := decodePlan(r.ids); active {
				s.trace = newTracer(p, m.config, m.group)
			}
		case opAblate:
			s := session(r.session)
			s.trace.ablate = append(s.trace.ablate, decodeAblations(r.ids)...)
		case opAttribute:
			s := session(r.session)
			s.trace.parts.Attribute(s.nn, r.ids[0])
		case opImage:
			m.vision.receiveRows(r.ids)
		case opDrop:
			delete(sessions, r.session)
		case opEnd:
			return nil
		}
	}
}

// Close lets the followers of a model go. A model that is alone needs no Close. What its
// sessions are asked for afterwards is a *WorkerError.
func (m *Model) Close() {
	m.computing.Lock()
	defer m.computing.Unlock()
	if m.group.Rank() == 0 {
		_ = m.send(request{op: opEnd}) // closed twice: they are gone
	}
	m.closed = true
}

// WorkerError says that the workers of a model can't work together any more: one
// died or doesn't answer.
type WorkerError struct {
	Err error
}

// workerError makes a WorkerError of the reason why a group broke, which is one
// already if a follower said so.
func workerError(reason error) error {
	var e *WorkerError
	if errors.As(reason, &e) {
		return e
	}
	return &WorkerError{reason}
}

// Error returns the reason.
func (e *WorkerError) Error() string { return "core: the model's workers: " + e.Err.Error() }

// Unwrap returns the reason.
func (e *WorkerError) Unwrap() error { return e.Err }
