package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/test/chaos/history"
	"github.com/payhub/payhub/test/chaos/judge"
	"github.com/payhub/payhub/test/chaos/work"
	"github.com/spf13/cobra"
)

// chaosPlan is what chaos run is told.
type chaosPlan struct {
	nodes    []string
	fault    string
	every    time.Duration
	duration time.Duration
	rate     float64
	record   string
}

// chaosReport is the answer of chaos run.
type chaosReport struct {
	Faults       int      `json:"faults"`
	Acknowledged int      `json:"acknowledged"`
	Lost         int      `json:"lost"`
	Doubled      int      `json:"doubled"`
	Stuck        int      `json:"stuck"`
	Wrong        int      `json:"wrong"`
	WorstGap     string   `json:"worstGap"`
	LatestTimer  string   `json:"latestTimer"`
	Findings     []string `json:"findings"`
	Record       string   `json:"record"`
}

func (a *app) chaosRunCommand() *cobra.Command {
	var p chaosPlan
	c := &cobra.Command{
		Use: "run", Short: "work with a cluster while a command of yours harms it, and judge what became of the work", Args: noArguments,
		Long: "Starts instances that wait for times and messages, and messages that start instances, at all given gateways; serves their jobs; " +
			"writes to every partition every 5 ms; runs the command that makes a fault at every interval, and waits for its end. Then everything " +
			"must end, and is judged by the command's own record: nothing that was acknowledged may be lost, happen twice or not end within 60 s. " +
			"It deploys the processes chaos-timer, chaos-message and chaos-start, and moves no money. For a staging cluster, not for production. " +
			"Exit code 1 when something was found.",
		Example: "  payhub chaos run --nodes 127.0.0.1:26500,127.0.0.1:26600,127.0.0.1:26700 --for 5m --every 20s --fault './kill-a-node'",
		RunE: func(c *cobra.Command, _ []string) error {
			if len(p.nodes) == 0 {
				p.nodes = []string{a.address}
			}
			report, err := p.run(c.Context(), a.Err)
			if err != nil {
				return err
			}
			if err := a.print(report, report.text); err != nil {
				return err
			}
			if len(report.Findings) > 0 {
				return failed("chaos", fmt.Sprintf("%d things are wrong", len(report.Findings)), "the record tells each step: "+report.Record)
			}
			return nil
		},
	}
	c.Flags().StringSliceVar(&p.nodes, "nodes", nil, "gRPC addresses of the gateways (default: --address)")
	c.Flags().StringVar(&p.fault, "fault", "", "command for sh that makes a fault; none: only the work and the judgement")
	c.Flags().DurationVar(&p.every, "every", 30*time.Second, "time between the end of a fault and the next one")
	c.Flags().DurationVar(&p.duration, "for", 2*time.Minute, "how long new work is begun")
	c.Flags().Float64Var(&p.rate, "rate", 10, "instances begun per second")
	c.Flags().StringVar(&p.record, "record", "", "file for the record (default: one in the system's folder for temporary files)")
	return c
}

// run does the work, makes the faults and judges.
func (p *chaosPlan) run(ctx context.Context, progress io.Writer) (*chaosReport, error) {
	if p.record == "" {
		p.record = filepath.Join(os.TempDir(), fmt.Sprintf("payhub-chaos-%d.jsonl", time.Now().Unix()))
	}
	journal, err := history.Create(p.record)
	if err != nil {
		return nil, failed("chaos", err.Error(), "name another file with --record")
	}
	addresses := make([]work.Address, len(p.nodes))
	for i, node := range p.nodes {
		addresses[i] = work.Address{Node: i, GRPC: strings.Trim(node, "[] ")}
	}
	doors, err := work.Open(addresses, journal)
	if err != nil {
		return nil, failed("chaos", err.Error(), "")
	}
	defer doors.Close()
	partitions, err := doors.Partitions(ctx)
	if err == nil {
		err = doors.Deploy(ctx)
	}
	if err != nil {
		return nil, failed("chaos", err.Error(), "all gateways must be reachable at the start")
	}
	stopWorkers := p.serve(ctx, doors)
	defer stopWorkers()
	probe := doors.Watch(ctx, partitions, 5*time.Millisecond)
	load := doors.Start(ctx, uint64(time.Now().UnixNano()), work.Rates{Timers: p.rate / 3, Messages: p.rate / 3, Starts: p.rate / 3})
	began := time.Now()
	faults := p.harm(ctx, journal, progress)
	journal.Write(history.Note{What: history.Healed})
	load.Finish(time.Now().Add(judge.EndsWithin))
	gap := probe.Gap(began, time.Now())
	probe.Stop()
	stopWorkers()
	notes, err := journal.Close()
	if err != nil {
		return nil, failed("chaos", "the record cannot be read: "+err.Error(), "")
	}
	return report(judge.Judge(judge.Evidence{Notes: notes}), faults, gap, p.record), nil
}

// serve lets workers take the jobs through every gateway, until the answer is called.
func (p *chaosPlan) serve(ctx context.Context, doors *work.Doors) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, client := range doors.Clients() {
		worker := client.NewWorker(doors.Workers(), sdk.Name("chaos"), sdk.Logger(slog.New(slog.DiscardHandler)))
		running.Go(func() { _ = worker.Run(ctx) }) // it ends with the context; handlers that still run are the judge's matter
	}
	return func() {
		cancel()
		running.Wait()
	}
}

// harm makes faults until the time is over, and counts them.
func (p *chaosPlan) harm(ctx context.Context, journal *history.Journal, progress io.Writer) (faults int) {
	end := time.Now().Add(p.duration)
	for {
		pause := min(p.every, time.Until(end))
		select {
		case <-ctx.Done():
			return faults
		case <-time.After(pause):
		}
		if p.fault == "" || !time.Now().Before(end) {
			return faults
		}
		journal.Write(history.Note{What: history.Fault, Detail: p.fault})
		faults++
		c := exec.CommandContext(ctx, "sh", "-c", p.fault)
		c.Stdout, c.Stderr = progress, progress
		if err := c.Run(); err != nil && !errors.Is(err, context.Canceled) {
			fmt.Fprintf(progress, "payhub: chaos: fault %d: %v\n", faults, err)
		}
	}
}

func report(v *judge.Verdict, faults int, gap time.Duration, record string) *chaosReport {
	r := &chaosReport{
		Faults: faults, Acknowledged: v.Total(), Lost: v.Count(judge.Lost), Doubled: v.Count(judge.Doubled), Stuck: v.Count(judge.Stuck),
		Wrong: v.Count(judge.Wrong), WorstGap: gap.Round(time.Millisecond).String(), LatestTimer: v.Late.Round(time.Millisecond).String(),
		Findings: []string{}, Record: record,
	}
	for _, f := range v.Findings {
		r.Findings = append(r.Findings, f.String())
	}
	return r
}

// text is the report for a person.
func (r *chaosReport) text(w io.Writer) {
	fmt.Fprintf(w, "faults        %d\nacknowledged  %d\nlost          %d\ndoubled       %d\nstuck         %d\nwrong         %d\nworst gap     %s\nlatest timer  %s\nrecord        %s\n",
		r.Faults, r.Acknowledged, r.Lost, r.Doubled, r.Stuck, r.Wrong, r.WorstGap, r.LatestTimer, r.Record)
	for _, f := range r.Findings {
		fmt.Fprintln(w, "found: "+f)
	}
}
