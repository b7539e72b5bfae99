#!/usr/bin/env python3
"""Records what feel-scala answers to the questions in expressions.txt into oracle.jsonl.

usage: record.py COMMAND [ARG...] < expressions.txt > oracle.jsonl

COMMAND is a program that reads one JSON question a line, {"expr": text, "vars": {...}, "unary": bool, "input": any},
and writes one JSON answer a line: {"ok": true, "result": any}, {"ok": true, "type": Java class, "text": toString} or
{"ok": false, "error": text}, with "warnings" as "TYPE: message". A few lines of Java around
org.camunda.feel.api.FeelEngineApi (feel-scala 1.19.5) are enough.

A line of expressions.txt is an expression, or U:INPUT:TESTS for unary tests with a JSON input; variables follow as a
JSON object behind ' ### '.
"""
import json
import subprocess
import sys

questions = []
for line in sys.stdin:
    line = line.rstrip("\n")
    if not line.strip():
        continue
    text, _, variables = line.partition(" ### ")
    question = {"vars": json.loads(variables) if variables else {}}
    if text.startswith("U:"):
        _, value, text = text.split(":", 2)
        question["unary"], question["input"] = True, json.loads(value)
    question["expr"] = text
    questions.append(question)

run = subprocess.run(sys.argv[1:], input="".join(json.dumps(q) + "\n" for q in questions), capture_output=True, text=True)
answers = run.stdout.splitlines()
if len(answers) != len(questions):
    sys.exit(f"{len(questions)} questions but {len(answers)} answers:\n{run.stderr}")
seen = set()
for question, answer in zip(questions, answers):
    key = json.dumps(question)
    if key in seen:
        continue
    seen.add(key)
    if not question["vars"]:
        del question["vars"]
    answer = json.loads(answer)
    if not answer.get("warnings"):
        answer.pop("warnings", None)
    if str(answer.get("error", "")).startswith("failed to parse"):
        answer["error"] = "failed to parse"
    answer.pop("ok")
    print(json.dumps({**question, **answer}, ensure_ascii=False))
