package check

import (
	"slices"
	"testing"

	"github.com/payhub/payhub/engine/record"
)

func TestARightStoryIsNotBlamed(t *testing.T) {
	if broken := right(t).tell(); broken != nil {
		t.Fatalf("blamed for %q", broken)
	}
}

// valued tells records of a value type and intent.
func valued(t record.ValueType, intent record.Intent) func(*record.Record) bool {
	return func(r *record.Record) bool { return r.Type == record.Event && r.ValueType == t && r.Intent == intent }
}

// edit changes the draft of a step.
func edit(name string, how func(*draft)) func(*story) {
	return func(s *story) { how(s.find(name).draft) }
}

// answer replaces what a client is answered.
func answer(name string, id uint64, r record.Record) func(*story) {
	return func(s *story) {
		s.find(name).tell = func(p *teller, at int64) { p.judge.Answered(at, id, &r, nil) }
	}
}

// fail answers with an error.
func fail(name string, id uint64, err error) func(*story) {
	return func(s *story) {
		s.find(name).tell = func(p *teller, at int64) { p.judge.Answered(at, id, nil, err) }
	}
}

func both(all ...func(*story)) func(*story) {
	return func(s *story) {
		for _, do := range all {
			do(s)
		}
	}
}

func read(name, state string, key int64) func(*story) {
	return func(s *story) {
		s.find(name).tell = func(p *teller, at int64) {
			p.judge.LookedUp(at-5, at, 1, LookupRequest{TenantID: "t", API: "a", IdempotencyKey: "k"}, Found{Found: state != "", ProcessInstanceKey: key, State: state})
		}
	}
}

// TestEveryCheckerFindsWhatIsWrong doctors the right story in one way each. Every way must be found under its rule.
func TestEveryCheckerFindsWhatIsWrong(t *testing.T) {
	again := func(name string) func(*story) { return func(s *story) { s.again(name) } }
	drop := func(name string) func(*story) { return func(s *story) { s.drop(name) } }
	move := func(name, before string) func(*story) { return func(s *story) { s.move(name, before) } }
	without := func(name string, v record.ValueType, i record.Intent) func(*story) {
		return func(s *story) { s.without(name, valued(v, i)) }
	}
	books := func(how func(*Books)) func(*story) { return func(s *story) { how(&s.books) } }
	for _, c := range []struct {
		what, rule string
		doctor     func(*story)
	}{
		{"an instance never ends", RuleEnds, drop("timer")},
		{"a subscription is left at the message's partition", RuleEnds, without("correlated", record.MessageSubscriptionValue, record.MessageSubscriptionCorrelated)},
		{"the workload waits for something", RuleEnds, func(s *story) {
			s.find("end").tell = func(p *teller, at int64) { p.judge.End(at, []string{"payment k"}) }
		}},
		{"an acknowledged payment is not final", RuleEnds, books(func(b *Books) { b.Payments[0].State = "RESERVED" })},

		{"a hold is left", RuleConserved, books(func(b *Books) { b.Ledgers[0].Holds[1].Open = true; b.Ledgers[0].Accounts[0].Held = 5 })},
		{"an account has a cent more", RuleConserved, books(func(b *Books) { b.Ledgers[1].Accounts[0].Balance++ })},
		{"an account forgets to unhold", RuleConserved, books(func(b *Books) { b.Ledgers[0].Accounts[0].Held = 5 })},
		{"a posting without its counterpart", RuleConserved, books(func(b *Books) {
			b.Ledgers[1].Postings = b.Ledgers[1].Postings[:1]
			b.Ledgers[1].Accounts[1].Balance = 0
		})},
		{"two credits", RuleMoved, books(func(b *Books) {
			l := &b.Ledgers[1]
			l.Postings = append(l.Postings, Posting{"k", "credit", "b", 30}, Posting{"k", "credit", "clearing", -30})
			l.Accounts[0].Balance, l.Accounts[1].Balance = 60, -60
		})},
		{"no debit", RuleMoved, books(func(b *Books) {
			b.Ledgers[0].Postings = nil
			b.Ledgers[0].Accounts[0].Balance, b.Ledgers[0].Accounts[1].Balance = 100, 0
		})},
		{"an aborted payment moved", RuleMoved, books(func(b *Books) { b.Payments[0].State = "ABORTED" })},
		{"a doomed payment succeeds", RuleMoved, books(func(b *Books) { b.Payments[0].Doomed = true })},
		{"money for nobody", RuleMoved, books(func(b *Books) { b.Payments = b.Payments[1:] })},

		{"a final state changes", RuleFinal, read("read again", record.InstanceTerminated, instance)},
		{"an ended instance is active again", RuleFinal, read("read again", record.InstanceActive, instance)},
		{"a created instance is not found", RuleFinal, read("read active", "", 0)},

		{"a batch that does not follow", RuleChain, edit("lease", func(d *draft) { d.spoil = func(b *record.Batch) { b.Previous[0]++ } })},
		{"a hole in positions", RuleChain, edit("lease", func(d *draft) {
			d.spoil = func(b *record.Batch) { b.FirstPosition++; b.Records[0].Position++ }
		})},
		{"a position twice in a batch", RuleChain, edit("create", func(d *draft) { d.spoil = func(b *record.Batch) { b.Records[2].Position-- } })},
		{"a cause behind its effect", RuleChain, edit("create", func(d *draft) { d.spoil = func(b *record.Batch) { b.Records[2].SourcePosition = 99 } })},
		{"time runs backwards", RuleChain, edit("timer", func(d *draft) { d.now = 1 })},
		{"a changed byte", RuleChain, edit("lease", func(d *draft) { d.spoilBytes = func(b []byte) { b[20] ^= 1 } })},
		{"a lost log index", RuleChain, edit("lease", func(d *draft) { d.index = 9 })},

		{"a hole in the export", RuleExported, func(s *story) {
			s.find("export").tell = func(p *teller, at int64) {
				for i := range p.logs[1] {
					if i != 4 {
						p.judge.Exported(at, 1, "file", &p.logs[1][i])
					}
				}
			}
		}},
		{"an export that ends early", RuleExported, func(s *story) {
			s.find("export").tell = func(p *teller, at int64) { p.judge.Exported(at, 1, "file", &p.logs[1][0]) }
		}},
		{"another record is exported", RuleExported, func(s *story) {
			s.find("export").tell = func(p *teller, at int64) {
				other := p.logs[1][0]
				other.Key = 77
				p.judge.Exported(at, 1, "file", &other)
			}
		}},
		{"what is not committed is exported", RuleExported, func(s *story) {
			s.find("export").tell = func(p *teller, at int64) {
				p.judge.Exported(at, 1, "file", &record.Record{Position: 999, Value: workJob()})
			}
		}},

		{"a key makes two instances", RuleOnce, edit("repeat", func(d *draft) { d.event(instance+100, record.CreatedOnceCreated, onceValue("b")) })},
		{"a repeat is given another instance", RuleOnce, answer("repeat answered", 2, record.Record{Key: 99, Type: record.Event, ValueType: record.CreatedOnceValue, Intent: record.CreatedOnceRepeated, Value: onceValue("b")})},
		{"another body is accepted", RuleOnce, answer("other body answered", 3, record.Record{Key: instance, Type: record.Event, ValueType: record.CreatedOnceValue, Intent: record.CreatedOnceRepeated, Value: onceValue("x")})},
		{"the same body is refused", RuleOnce, answer("repeat answered", 2, record.Record{Key: -1, Type: record.CommandRejection, RejectionType: record.AlreadyExists, ValueType: record.CreatedOnceValue, Value: onceValue("b")})},

		{"a replica has another hash", RuleReplicas, func(s *story) {
			s.insert("end", &step{name: "wrong", tell: func(p *teller, at int64) { p.judge.Applied(at, 1, 1, p.indexes[1], [32]byte{1}) }})
		}},
		{"a replica applied what is not committed", RuleReplicas, func(s *story) {
			s.insert("end", &step{name: "wrong", tell: func(p *teller, at int64) { p.judge.Applied(at, 1, 1, p.indexes[1]+1, p.hashes[1]) }})
		}},
		{"replicas have different rows", RuleReplicas, func(s *story) {
			s.find("compare 1 1").tell = func(p *teller, at int64) { p.judge.Compared(at, 1, 1, p.indexes[1], [32]byte{1}) }
		}},
		{"a replica lost a row", RuleReplay, func(s *story) {
			s.find("compare 0 1").tell = func(p *teller, at int64) {
				delete(p.rows[1], "instance")
				p.judge.Compared(at, 0, 1, p.indexes[1], p.sum(1))
			}
		}},
		{"a row is inserted that is there", RuleReplay, edit("complete", func(d *draft) { d.row(record.RowInsert, "instance", "twice") })},

		{"a create makes an instance after another did", RuleLinear, answer("repeat answered", 2, record.Record{Key: instance, Type: record.Event, ValueType: record.CreatedOnceValue, Intent: record.CreatedOnceCreated, Value: onceValue("b")})},
		{"a stale read", RuleLinear, read("read completed", record.InstanceActive, instance)},
		{"a job is completed twice", RuleLinear, func(s *story) {
			second := record.NewCommand(jobKey, record.JobComplete, workJob())
			done := record.Record{Key: jobKey, Type: record.Event, ValueType: record.JobValue, Intent: record.JobCompleted, Value: workJob()}
			s.insert("mail", &step{name: "second", tell: func(p *teller, at int64) {
				p.judge.Invoked(at, 50, 0, 1, &second)
				p.judge.Answered(at+1, 50, &done, nil)
			}})
		}},
		{"an id is published twice", RuleLinear, answer("publish again answered", 6, record.Record{Key: 31, Type: record.Event, ValueType: record.MessageValue, Intent: record.MessagePublished, Value: message()})},
		{"an ended instance is canceled", RuleLinear, answer("cancel answered", 7, record.Record{Key: instance, Type: record.Event, ValueType: record.ProcessInstanceValue, Intent: record.ElementTerminating, Value: element(instance, "p", -1)})},

		{"a job is leased twice at a time", RuleLease, again("lease")},
		{"a lease before its commit", RuleLease, move("push", "lease")},
		{"a lease is delivered twice", RuleLease, again("push")},
		{"a job times out before its deadline", RuleLease, edit("repeat", func(d *draft) {
			d.event(-1, record.JobBatchActivated, lease(9_000_000)).event(jobKey, record.JobTimedOut, workJob())
		})},
		{"a hand-back of an earlier lease ends a later one", RuleLease, func(s *story) {
			d := &draft{partition: 1, now: s.find("lease").draft.now, term: 1, decided: 1}
			earlier := &record.Job{Type: "work", Deadline: 77, ProcessInstanceKey: instance}
			s.insert("complete sent", &step{name: "back", draft: d.command(0, jobKey, record.JobYield, earlier).event(jobKey, record.JobYielded, workJob())})
		}},
		{"an ended job is leased", RuleLease, move("lease", "mail")},
		{"a job that reached nobody waits for its time-out", RuleAvailable, both(drop("push"), func(s *story) {
			late := &draft{partition: 1, now: s.find("lease").draft.now + 5000, term: 1, decided: 1}
			s.insert("complete sent", &step{name: "late", draft: late.event(jobKey, record.JobTimedOut, workJob())})
			s.find("late").at += 5000
		})},

		{"an acknowledged command is not in the log", RuleAcknowledge, drop("publish again")},
		{"an answer before the commit", RuleAcknowledge, move("publish answered", "publish")},
		{"a command twice in the log", RuleAcknowledge, again("repeat")},
		{"a refused command in the log", RuleAcknowledge, fail("repeat answered", 2, ErrUnavailable)},
		{"a rejection that the log does not have", RuleAcknowledge, answer("repeat answered", 2, record.Record{Key: -1, Type: record.CommandRejection, RejectionType: record.InvalidState, ValueType: record.CreatedOnceValue, Value: onceValue("b")})},
		{"an answer of another key", RuleAcknowledge, answer("publish answered", 5, record.Record{Key: 99, Type: record.Event, ValueType: record.MessageValue, Intent: record.MessagePublished, Value: message()})},
		{"a command that nobody sent", RuleAcknowledge, edit("repeat", func(d *draft) { d.command(99, -1, record.CreatedOnceCreate, onceValue("b")) })},
		{"a request is never answered", RuleAcknowledge, drop("cancel answered")},

		{"a timer fires early", RuleTimer, edit("timer", func(d *draft) { d.now -= 150 })},
		{"a timer fires twice", RuleTimer, edit("cancel", func(d *draft) { d.event(pauseTimer, record.TimerTriggered, timer(0)) })},
		{"a timer fires late", RuleTimer, both(
			edit("timer", func(d *draft) { d.now += 20_000 }), edit("cancel", func(d *draft) { d.now += 20_000 }))},
		{"a timer never fires", RuleTimer, both(drop("timer"), edit("cancel", func(d *draft) { d.now += 20_000 }))},

		{"mail is taken twice", RuleMail, again("mail back")},
		{"mail is passed over", RuleMail, drop("mail back")},
		{"mail is processed that was not received", RuleMail, edit("correlated", func(d *draft) {
			d.command(0, -1, record.MessageSubscriptionCreate, waitThere(-1))
		})},
		{"mail is received and not processed", RuleMail, func(s *story) {
			s.without("mail back", func(r *record.Record) bool { return r.ValueType == record.ProcessMessageSubscriptionValue })
		}},
		{"other mail is processed than was sent", RuleMail, edit("mail", func(d *draft) { d.records[2].Value = waitThere(5) })},
		{"mail is never delivered", RuleMail, drop("correlated")},
		{"mail is taken before it was sent for good", RuleMail, move("mail", "complete")},
		{"mail is forgotten before it arrived", RuleMail, move("acknowledge", "mail")},
		{"a checkpoint holds mail that is not sent in the sender's", RuleCut, move("checkpoint", "complete")},
		{"mail is gone from the sender's checkpoint and not in the receiver's", RuleCut, move("checkpoint there", "mail")},
		{"a number of mail is left out", RuleMail, edit("complete", func(d *draft) { d.sends[0].Sequence = 2 })},

		{"an element completes without completing", RuleLifeCycle, without("correlate", record.ProcessInstanceValue, record.ElementCompleting)},
		{"an element is activated twice", RuleLifeCycle, edit("lease", func(d *draft) { d.event(taskKey, record.ElementActivating, element(taskKey, "task", instance)) })},
		{"a scope ends before what is in it", RuleLifeCycle, edit("repeat", func(d *draft) {
			d.event(instance, record.ElementCompleting, element(instance, "p", -1)).event(instance, record.ElementCompleted, element(instance, "p", -1))
		})},
		{"an element lives after its end", RuleLifeCycle, edit("cancel", func(d *draft) { d.event(pauseKey, record.ElementTerminating, element(pauseKey, "pause", instance)) })},
		{"an element begins in an ended scope", RuleLifeCycle, edit("cancel", func(d *draft) { d.event(60, record.ElementActivating, element(60, "x", instance)) })},
		{"a flow is taken in an ended scope", RuleLifeCycle, edit("cancel", func(d *draft) { d.event(60, record.SequenceFlowTaken, element(60, "x", instance)) })},

		{"a message is taken by two instances", RuleCorrelation, edit("timer", func(d *draft) { d.event(99, record.ProcessMessageSubscriptionCorrelated, wait(messageKey)) })},

		{"a term has two leaders", RuleLeadership, edit("lease", func(d *draft) { d.leader = 1 })},
		{"two nodes lead in one term", RuleLeadership, func(s *story) {
			s.insert("lease", &step{name: "other", tell: func(p *teller, at int64) { p.judge.Led(at, 1, 1, 1, true) }})
		}},
		{"terms go back", RuleLeadership, edit("lease", func(d *draft) { d.term, d.decided = 2, 2 })},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := right(t)
			c.doctor(s)
			if broken := s.tell(); !slices.Contains(broken, c.rule) {
				t.Errorf("not found: %s; found %q", c.rule, broken)
			}
		})
	}
}
