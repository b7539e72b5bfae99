package core

import (
	"testing"

	"github.com/payhub/payhub/engine/record"
)

// thirty is the 30-variable payload that Zeebe's own benchmark sends with each create and complete.
const thirty = `{"businessKey":"1","var1":"value1","var2":true,"var3":15,"var4":{"a":"value4-1","b":false,"c":111},"var5":"736d9100-0155-4af5-be14-b09c42de8405","var6":"736d9100-0155-4af5-be14-b09c42de8406","var7":"736d9100-0155-4af5-be14-b09c42de8407","var8":"736d9100-0155-4af5-be14-b09c42de8408","var9":"736d9100-0155-4af5-be14-b09c42de8409","var10":"736d9100-0155-4af5-be14-b09c42de8410","var11":"736d9100-0155-4af5-be14-b09c42de8411","var12":7458,"var13":false,"var14":true,"var15":111,"var16":222,"var17":333,"var18":444,"var19":555,"var20":666,"var21":777,"var22":888,"var23":999,"var24":1110,"var25":1221,"var26":1332,"var27":1443,"var28":1554,"var29":1665,"var30":1776}`

// oneStream takes every job.
type oneStream struct{}

func (oneStream) Acquire(string, string) (StreamTarget, bool) {
	return StreamTarget{Stream: 1, Worker: "w", Timeout: 60000}, true
}

// BenchmarkOneTaskInstance creates an instance with 30 variables and completes its job with the
// same, 32 of each in a batch.
func BenchmarkOneTaskInstance(b *testing.B) {
	m := newMachine()
	m.do(b, -1, record.DeploymentCreate, &record.Deployment{Resources: []record.DeploymentResource{{ResourceName: "a.bpmn", Resource: []byte(oneTask)}}, TenantID: record.DefaultTenant})
	const n = 32
	b.ReportAllocs()
	var bytes int
	var coded []byte
	run := func(commands []Command) Output {
		out := m.Decide(Input{Now: m.now, Commands: commands, Streams: oneStream{}})
		coded = out.Batch.Append(coded[:0])
		bytes += len(coded)
		m.store.Apply(out.Batch.AppliedRows())
		m.Committed(out.Batch)
		return out
	}
	for i := 0; i < b.N; i += n {
		commands := make([]Command, n)
		for j := range commands {
			doc, _ := record.ParseDocument([]byte(thirty))
			commands[j] = Command{RequestID: 1, Record: record.NewCommand(-1, record.ProcessInstanceCreationCreate, &record.ProcessInstanceCreation{BpmnProcessID: "benchmark", Version: -1, Variables: doc, TenantID: record.DefaultTenant})}
		}
		out := run(commands)
		for j := range commands {
			doc, _ := record.ParseDocument([]byte(thirty))
			commands[j] = Command{RequestID: 1, Record: record.NewCommand(out.Pushes[j].Key, record.JobComplete, &record.Job{Variables: doc})}
		}
		run(commands)
	}
	b.ReportMetric(float64(bytes)/float64(b.N), "logbytes/op")
}
