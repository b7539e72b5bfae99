package step

import "github.com/payhub/payhub/engine/record"

// Inbox is what a decision has received from other partitions, and the checkpoint it makes for
// them or by itself.
type Inbox struct {
	mail       []record.Record // each is taken when those before it are through
	taken      int             // how many of mail are
	behind     bool            // there may be more that was put off than this decision takes up again
	checkpoint int64           // made by this decision, 0 if none
}

// Checkpointed makes a checkpoint of what the decision comes to. There can be one per decision.
func (i *Inbox) Checkpointed(number int64) { i.checkpoint = number }

// CheckpointMade is the number of the checkpoint that this decision made, 0 if none: what may be
// done after it only must wait for the next decision.
func (i *Inbox) CheckpointMade() int64 { return i.checkpoint }

// waiting are the commands that have not been taken.
func (i *Inbox) waiting() []record.Record { return i.mail[i.taken:] }

func (i *Inbox) forget() {
	clear(i.mail)
	i.mail, i.taken = i.mail[:0], 0
}

// Receive has the commands of another partition processed, in order: each with all that it leads
// to before the next one. They are recorded as commands when their turn comes; what the decision
// does not come to is put off, and so is everything that would overtake what was put off before.
// Nobody here waits for their answers.
func (s *Step) Receive(commands []record.Record) {
	if !s.behind {
		s.mail = append(s.mail, commands...)
		return
	}
	for i := range commands {
		s.Defer(commands[i])
	}
}

// takeMail takes the next received command: it is recorded, and what follows is caused by it. Its
// source is in the log of another partition, so it has none here.
func (s *Step) takeMail() *record.Record {
	command := &s.mail[s.Inbox.taken]
	s.Inbox.taken++
	command.Position, command.SourcePosition, command.Timestamp = s.meta.NextPosition, -1, s.meta.Now
	s.append(*command)
	s.source, s.requestID, s.reference = command.Position, 0, command.OperationReference
	return command
}

// envelope is mail as it is recorded: its commands stand behind it, as far as they are taken.
func envelope(v *record.Delivery) *record.Delivery {
	recorded := *v
	recorded.Through, recorded.Commands = max(v.Through, v.First+int64(len(v.Commands))-1), nil
	return &recorded
}

// newestCheckpoint is what sends carry: every partition that gets them takes it first.
func (s *Step) newestCheckpoint() int64 { return max(s.checkpoint, s.View.Checkpoint()) }
