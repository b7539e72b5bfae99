package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// Keys are renamed in the order in which they appear, whatever they are and wherever they stand.
func TestAnswersAreComparable(t *testing.T) {
	for _, base := range []string{"22517998136852", "45035996273704"} {
		r := newReport("some-client", "/some/folder")
		for _, c := range []struct{ answer, want string }{
			{`{"value":{"key":"` + base + `49","tenantId":"<default>","id":"some-client-task"}}`, `{"id":"CLIENT-task","key":"key1"}`},
			{`{"value":{"jobs":[{"key":"` + base + `51"},{"key":"` + base + `49","tenantId":""}]}}`, `{"jobs":[{"key":"key2"},{"key":"key1"}]}`},
			{`{"code":"NotFound","message":"no job  ` + base + `51"}`, "NOT_FOUND no job key2"},
			{`{"code":"5","message":""}`, "NOT_FOUND "},
			{`{"code":"FAILED_PRECONDITION","message":"x"}`, "FAILED_PRECONDITION x"},
			{`{"value":{"resourceName":"/some/folder/a.bpmn"}}`, `{"resourceName":"FOLDER/a.bpmn"}`},
			{`{"unsupported":true}`, "-"},
			{`{"failed":"broke"}`, "FAILED broke"},
		} {
			var a answer
			if err := json.Unmarshal([]byte(c.answer), &a); err != nil {
				t.Fatal(err)
			}
			if got := r.normal(a); strings.TrimSpace(got) != strings.TrimSpace(c.want) {
				t.Errorf("%s becomes %s, expected %s", c.answer, got, c.want)
			}
		}
	}
}

func TestTableNamesEachOutcome(t *testing.T) {
	r := newReport("c", "/some/folder")
	r.add("good", answer{Value: object{}})
	r.add("bad", answer{Code: "NotFound", Message: "no"})
	want := "step                         c                  \ngood                         ok                 \nbad                          NOT_FOUND          \n"
	if got := table([]*report{r}); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
