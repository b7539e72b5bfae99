// Reads calls from standard input, one JSON object a line, makes them with the functions given,
// and writes what they got, as ../README.md describes.
'use strict'
const readline = require('readline')

const codes = [
  'OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS', 'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE',
]

async function answer(calls, { call, args }) {
  if (!calls[call]) return { unsupported: true }
  try {
    const value = (await calls[call](args)) ?? {}
    return value === exports.unsupported ? { unsupported: true } : { value }
  } catch (error) {
    if (typeof error.code === 'number') return { code: codes[error.code], message: error.details }
    return { failed: String(error) }
  }
}

exports.drive = async (calls, end) => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(calls, JSON.parse(line))) + '\n')
  }
  await end()
  process.exit(0)
}

// unsupported is the answer of a call that the client has, but not with these arguments.
exports.unsupported = Symbol('unsupported')

exports.processes = (list) =>
  list.map(({ bpmnProcessId, version, processDefinitionKey, resourceName }) => ({ bpmnProcessId, version, processDefinitionKey, resourceName }))

exports.topology = (answer) => ({
  clusterSize: answer.clusterSize,
  partitionsCount: answer.partitionsCount,
  replicationFactor: answer.replicationFactor,
  brokers: answer.brokers.length,
  partitions: answer.brokers.flatMap((b) => b.partitions.map((p) => ({ id: p.partitionId, role: p.role, health: p.health }))),
  hasVersion: !!answer.gatewayVersion,
})

exports.job = (j) => ({
  key: j.key, type: j.type, processInstanceKey: j.processInstanceKey, bpmnProcessId: j.bpmnProcessId,
  processDefinitionVersion: j.processDefinitionVersion, processDefinitionKey: j.processDefinitionKey, elementId: j.elementId,
  elementInstanceKey: j.elementInstanceKey, customHeaders: j.customHeaders, worker: j.worker, retries: j.retries,
  deadlineAhead: Number(j.deadline) > Date.now(), variables: j.variables, tenantId: j.tenantId,
  ...(j.listenerEventType === undefined ? {} : { kind: j.kind, listenerEventType: j.listenerEventType }),
})

exports.instance = (i) => ({
  processInstanceKey: i.processInstanceKey, bpmnProcessId: i.bpmnProcessId, version: i.version,
  processDefinitionKey: i.processDefinitionKey, tenantId: i.tenantId, ...(i.variables === undefined ? {} : { variables: i.variables }),
})

// within waits for a promise, but not for ever.
exports.within = (ms, promise, otherwise) =>
  Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error(otherwise)), ms).unref())])
