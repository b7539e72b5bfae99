package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"
)

// managementClient calls the management listener of a node.
type managementClient struct {
	a       *app
	address string
}

// clusterCommand groups what operates the cluster.
func (a *app) clusterCommand() *cobra.Command {
	m := &managementClient{a: a}
	c := group("cluster", "operate the cluster: its nodes, its partitions, its recovery",
		"  payhub cluster status\n  payhub cluster scale --add 3 --dry-run\n  payhub cluster recover --lost-zone north",
		m.statusCommand(), m.scaleCommand("plan"), m.scaleCommand("scale"), m.replaceCommand(), m.moveCommand(), m.cancelCommand(), m.recoverCommand())
	m.addFlag(c)
	return c
}

// addFlag lets a command and those below it name the node.
func (m *managementClient) addFlag(c *cobra.Command) {
	c.PersistentFlags().StringVar(&m.address, "management-address", m.a.or("127.0.0.1:9600", "PAYHUB_MANAGEMENT_ADDRESS"),
		"address of a node's management listener (PAYHUB_MANAGEMENT_ADDRESS)")
}

// call makes a request and reads the JSON answer into it; nil where there is none.
func (m *managementClient) call(ctx context.Context, what, method, path string, request, answer any) error {
	var body io.Reader
	if request != nil {
		text, err := json.Marshal(request)
		if err != nil {
			return failed(what, err.Error(), "")
		}
		body = bytes.NewReader(text)
	}
	at := *m.a
	at.httpAddress = m.address
	client, base, err := at.httpClient()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, base+"/actuator"+path, body)
	if err != nil {
		return usage(what, "the address "+m.address+" is wrong: "+err.Error(), "write host:port")
	}
	response, err := client.Do(r)
	if err != nil {
		return unreachable(what, fmt.Sprintf("the management listener at %s is not reachable: %s", m.address, innermost(err)),
			"start payhub, or name the management address of a node that is up with --management-address")
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return failed(what, err.Error(), "")
	}
	if response.StatusCode/100 != 2 {
		var problem struct{ Detail, Message string } // Zeebe's endpoints of backups say message
		if json.Unmarshal(text, &problem) != nil || problem.Detail+problem.Message == "" {
			return refused(what, response.StatusCode, text)
		}
		return failed(what, problem.Detail+problem.Message, "")
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return failed(what, "the answer is not the JSON that was expected: "+err.Error(), "is --management-address that of a payhub of this version?")
	}
	return nil
}
