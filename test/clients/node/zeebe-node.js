// Drives zeebe-node.
'use strict'
const fs = require('fs')
const path = require('path')
const { ZBClient } = require('zeebe-node')
const { drive, job, instance, processes, topology, unsupported, within } = require('./driver')

const zeebe = new ZBClient(process.argv[2], { loglevel: 'NONE', retry: false, useTLS: false })
let worker
let completed = 0
let notify = () => {}

drive({
  topology: async () => topology(await zeebe.topology()),
  deployProcess: async ({ files }) => {
    const answer = await zeebe.deployProcess(files)
    return { key: answer.key, processes: processes(answer.processes) }
  },
  deployResource: async ({ files }) => {
    // This client deploys one resource a call.
    const all = []
    let key
    for (const file of files) {
      const answer = await zeebe.deployResource({ name: path.basename(file), process: fs.readFileSync(file) })
      key = answer.key
      all.push(...answer.deployments.map((d) => d.process))
    }
    return { key, processes: processes(all) }
  },
  create: async ({ processId, variables, variablesText }) => {
    if (variablesText) return unsupported
    return instance(await zeebe.createProcessInstance({ bpmnProcessId: processId, version: -1, variables: variables ?? {} }))
  },
  createWithResult: async ({ processId, variables, fetch, timeout }) =>
    instance(await zeebe.createProcessInstanceWithResult({ bpmnProcessId: processId, version: -1, variables, fetchVariables: fetch, requestTimeout: timeout })),
  activate: async ({ type, worker, timeout, max, requestTimeout, fetch }) => {
    // This call never ends when the gateway ends a poll without jobs, as Zeebe's product does.
    const call = zeebe.activateJobs({ type, worker, timeout, maxJobsToActivate: max, requestTimeout, fetchVariable: fetch })
    const ended = new Promise((resolve) => setTimeout(() => resolve([]), requestTimeout + 1000))
    return { jobs: (await Promise.race([call, ended])).map(job) }
  },
  complete: ({ key, variables }) => zeebe.completeJob({ jobKey: key, variables: variables ?? {} }),
  fail: ({ key, retries, message }) => zeebe.failJob({ jobKey: key, retries, errorMessage: message ?? '', retryBackOff: 0 }),
  throwError: ({ key, code, message, variables }) => zeebe.throwError({ jobKey: key, errorCode: code, errorMessage: message ?? '', variables }),
  updateRetries: ({ key, retries }) => zeebe.updateJobRetries({ jobKey: key, retries }),
  publish: async ({ name, correlationKey, messageId, ttl, variables }) => {
    const { key, tenantId } = await zeebe.publishMessage({ name, correlationKey, messageId, timeToLive: ttl, variables: variables ?? {} })
    return { key, tenantId }
  },
  setVariables: ({ key, variables, local }) => zeebe.setVariables({ elementInstanceKey: key, variables, local: !!local }),
  resolveIncident: ({ key }) => zeebe.resolveIncident({ incidentKey: key }),
  cancel: ({ key }) => zeebe.cancelProcessInstance(key),
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
