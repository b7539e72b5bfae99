// Drives @camunda8/sdk's gRPC client.
'use strict'
const fs = require('fs')
const path = require('path')
const { Camunda8 } = require('@camunda8/sdk')
const { drive, job, instance, processes, topology, unsupported, within } = require('./driver')

const camunda = new Camunda8({
  ZEEBE_GRPC_ADDRESS: 'grpc://' + process.argv[2],
  CAMUNDA_AUTH_STRATEGY: 'NONE',
  CAMUNDA_LOG_LEVEL: 'none',
  zeebeGrpcSettings: { ZEEBE_CLIENT_LOG_LEVEL: 'NONE', ZEEBE_GRPC_CLIENT_RETRY: false },
})
const zeebe = camunda.getZeebeGrpcApiClient()
let stream, streamedJob, worker
let completed = 0
let notify = () => {}

drive({
  topology: async () => topology(await zeebe.topology()),
  deployResource: async ({ files }) => {
    const answer = await zeebe.deployResources(files.map((f) => ({ name: path.basename(f), process: fs.readFileSync(f) })))
    return { key: answer.key, processes: processes(answer.deployments.map((d) => d.process)) }
  },
  create: async ({ processId, variables, variablesText }) => {
    if (variablesText) return unsupported
    return instance(await zeebe.createProcessInstance({ bpmnProcessId: processId, version: -1, variables: variables ?? {} }))
  },
  createWithResult: async ({ processId, variables, fetch, timeout }) =>
    instance(await zeebe.createProcessInstanceWithResult({ bpmnProcessId: processId, version: -1, variables, fetchVariables: fetch, requestTimeout: timeout })),
  activate: async ({ type, worker, timeout, max, requestTimeout, fetch }) => ({
    jobs: (await zeebe.activateJobs({ type, worker, timeout, maxJobsToActivate: max, requestTimeout, fetchVariable: fetch })).map(job),
  }),
  complete: ({ key, variables }) => zeebe.completeJob({ jobKey: key, variables: variables ?? {} }),
  fail: ({ key, retries, message, variables }) => zeebe.failJob({ jobKey: key, retries, errorMessage: message ?? '', retryBackOff: 0, variables }),
  throwError: ({ key, code, message, variables }) => zeebe.throwError({ jobKey: key, errorCode: code, errorMessage: message ?? '', variables }),
  updateRetries: ({ key, retries }) => zeebe.updateJobRetries({ jobKey: key, retries }),
  updateTimeout: ({ key, timeout }) => zeebe.updateJobTimeout({ jobKey: key, timeout }),
  publish: async ({ name, correlationKey, messageId, ttl, variables }) => {
    const { key, tenantId } = await zeebe.publishMessage({ name, correlationKey, messageId, timeToLive: ttl, variables: variables ?? {} })
    return { key, tenantId }
  },
  setVariables: async ({ key, variables, local }) => zeebe.setVariables({ elementInstanceKey: key, variables, local: !!local }),
  resolveIncident: ({ key }) => zeebe.resolveIncident({ incidentKey: key }),
  cancel: ({ key }) => zeebe.cancelProcessInstance(key),
  openStream: async ({ type, worker }) => {
    streamedJob = new Promise((resolve) => {
      stream = zeebe.streamJobs({
        type, worker, timeout: 60000, tenantIds: ['<default>'],
        taskHandler: (j) => { resolve(job(j)); return j.forward() },
      })
    })
    stream = await stream
    await new Promise((resolve) => setTimeout(resolve, 1000)) // nothing tells that it is registered
  },
  streamed: async () => {
    try {
      return await within(5000, streamedJob, 'no job came over the stream')
    } finally {
      stream.close()
    }
  },
  startWorker: async ({ type }) => {
    worker = zeebe.createWorker({
      taskType: type,
      taskHandler: async (j) => {
        const done = await j.complete({ done: true })
        completed++
        notify()
        return done
      },
    })
  },
  worked: async ({ count }) => {
    await within(8000, new Promise((resolve) => { notify = () => completed >= count && resolve(); notify() }), 'the worker is not done')
    await worker.close()
    return { completed }
  },
}, () => zeebe.close())
