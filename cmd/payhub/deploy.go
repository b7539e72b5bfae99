package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/spf13/cobra"
)

// placeholderDFSP is the literal that the flows of Payment Hub EE carry where the name of the
// financial institution belongs.
const placeholderDFSP = "DFSPID"

// resource is one file to deploy or to check.
type resource struct {
	name    string
	content []byte
}

func (a *app) deployCommand() *cobra.Command {
	var dfsp string
	c := &cobra.Command{
		Use: "deploy FILE|DIR…", Short: "deploy BPMN files and YAML workflows, all or none", Args: arguments(1, -1, "at least one file or folder"),
		Example: "  payhub deploy flows/transfer.bpmn\n  payhub deploy payment-hub-ee-flows --dfsp greenbank",
		RunE: func(c *cobra.Command, args []string) error {
			resources, err := readResources("deploy", args, dfsp)
			if err != nil {
				return err
			}
			return a.withGateway(c.Context(), "deploy", func(ctx context.Context, g gatewayClient) error {
				return a.deploy(ctx, g, resources)
			})
		},
	}
	c.Flags().StringVar(&dfsp, "dfsp", "", "name that replaces the placeholder "+placeholderDFSP+" in ids and job types")
	return c
}

// deployed is one deployed process in the answer of deploy.
type deployed struct {
	BpmnProcessID        string `json:"bpmnProcessId"`
	Version              int32  `json:"version"`
	ProcessDefinitionKey int64  `json:"processDefinitionKey,string"`
	ResourceName         string `json:"resourceName"`
}

func (a *app) deploy(ctx context.Context, g gatewayClient, resources []resource) error {
	request := &gatewaypb.DeployResourceRequest{}
	for _, r := range resources {
		request.Resources = append(request.Resources, &gatewaypb.Resource{Name: r.name, Content: r.content})
	}
	response, err := g.DeployResource(ctx, request)
	if err != nil {
		return err
	}
	answer := struct {
		DeploymentKey int64      `json:"deploymentKey,string"`
		Processes     []deployed `json:"processes"`
	}{DeploymentKey: response.GetKey(), Processes: []deployed{}}
	for _, d := range response.GetDeployments() {
		if p := d.GetProcess(); p != nil {
			answer.Processes = append(answer.Processes, deployed{p.GetBpmnProcessId(), p.GetVersion(), p.GetProcessDefinitionKey(), p.GetResourceName()})
		}
	}
	return a.print(answer, func(w io.Writer) {
		rows := make([][]string, 0, len(answer.Processes))
		for _, p := range answer.Processes {
			rows = append(rows, []string{p.BpmnProcessID, fmt.Sprint(p.Version), fmt.Sprint(p.ProcessDefinitionKey), p.ResourceName})
		}
		table(w, []string{"PROCESS", "VERSION", "KEY", "FILE"}, rows)
	})
}

// readResources reads files, and of folders every .bpmn, .dmn, .yaml and .yml file below them.
func readResources(what string, paths []string, dfsp string) (list []resource, err error) {
	for _, path := range paths {
		before := len(list)
		err := filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || file != path && !isModel(file) {
				return err
			}
			content, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if dfsp != "" {
				content = bytes.ReplaceAll(content, []byte(placeholderDFSP), []byte(dfsp))
			}
			list = append(list, resource{filepath.Base(file), content})
			return nil
		})
		if err != nil {
			return nil, usage(what, err.Error(), "name files, or folders with .bpmn and .yaml files")
		}
		if len(list) == before {
			return nil, usage(what, path+" holds no .bpmn, .dmn, .yaml or .yml file", "")
		}
	}
	return list, nil
}

func isModel(file string) bool {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".bpmn", ".dmn", ".yaml", ".yml":
		return true
	}
	return false
}
