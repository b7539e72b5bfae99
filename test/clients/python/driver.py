"""Drives pyzeebe: reads calls from standard input, one JSON object a line, makes them, and
writes what it got, as ../README.md describes."""

import asyncio
import json
import sys
import time

import grpc
from pyzeebe import Job, ZeebeClient, ZeebeWorker, create_insecure_channel
from pyzeebe.grpc_internals.zeebe_adapter import ZeebeAdapter


def job_value(j):
    return {
        "key": str(j.key), "type": j.type, "processInstanceKey": str(j.process_instance_key), "bpmnProcessId": j.bpmn_process_id,
        "processDefinitionVersion": j.process_definition_version, "processDefinitionKey": str(j.process_definition_key),
        "elementId": j.element_id, "elementInstanceKey": str(j.element_instance_key), "customHeaders": dict(j.custom_headers),
        "worker": j.worker, "retries": j.retries, "deadlineAhead": j.deadline > time.time() * 1000, "variables": dict(j.variables),
        "tenantId": j.tenant_id,
    }


def instance_value(i):
    value = {
        "processInstanceKey": str(i.process_instance_key), "bpmnProcessId": i.bpmn_process_id, "version": i.version,
        "processDefinitionKey": str(i.process_definition_key), "tenantId": i.tenant_id,
    }
    if hasattr(i, "variables"):
        value["variables"] = i.variables
    return value


class Driver:
    def __init__(self, address):
        self.channel = create_insecure_channel(grpc_address=address)
        self.client = ZeebeClient(self.channel)
        self.adapter = ZeebeAdapter(self.channel)  # what the client's own worker is made of
        self.worked_jobs = 0

    async def topology(self, a):
        t = await self.client.topology()
        return {
            "clusterSize": t.cluster_size, "partitionsCount": t.partitions_count, "replicationFactor": t.replication_factor,
            "brokers": len(t.brokers), "hasVersion": bool(t.gateway_version),
            "partitions": [{"id": p.partition_id, "role": p.role.name, "health": p.health.name} for b in t.brokers for p in b.partitions],
        }

    async def deployResource(self, a):
        r = await self.client.deploy_resource(*a["files"])
        return {"key": str(r.key), "processes": [
            {"bpmnProcessId": p.bpmn_process_id, "version": p.version, "processDefinitionKey": str(p.process_definition_key), "resourceName": p.resource_name}
            for p in r.deployments]}

    async def create(self, a):
        variables = json.loads(a["variablesText"]) if "variablesText" in a else a.get("variables") or {}
        return instance_value(await self.client.run_process(a["processId"], variables))

    async def createWithResult(self, a):
        return instance_value(await self.client.run_process_with_result(
            a["processId"], a.get("variables"), timeout=a["timeout"], variables_to_fetch=a.get("fetch")))

    async def activate(self, a):
        found = self.adapter.activate_jobs(a["type"], a["worker"], a["timeout"], a["max"], a.get("fetch") or [], a["requestTimeout"])
        return {"jobs": [job_value(j) async for j in found]}

    async def complete(self, a):
        await self.adapter.complete_job(int(a["key"]), a.get("variables") or {})

    async def fail(self, a):
        await self.adapter.fail_job(int(a["key"]), a["retries"], a.get("message", ""), 0, a.get("variables") or {})

    async def throwError(self, a):
        await self.adapter.throw_error(int(a["key"]), a.get("message", ""), a.get("variables") or {}, a["code"])

    async def updateTimeout(self, a):
        await self.adapter.update_job_timeout(int(a["key"]), a["timeout"])

    async def publish(self, a):
        r = await self.client.publish_message(a["name"], a["correlationKey"], a.get("variables"), a["ttl"], a.get("messageId"))
        return {"key": str(r.key), "tenantId": r.tenant_id}

    async def cancel(self, a):
        await self.client.cancel_process_instance(int(a["key"]))

    async def openStream(self, a):
        self.stream = self.adapter.stream_activate_jobs(a["type"], a["worker"], 60000, [], 60, ["<default>"])
        self.next_job = asyncio.create_task(anext(self.stream))
        await asyncio.sleep(1)  # nothing tells that it is registered

    async def streamed(self, a):
        return job_value(await asyncio.wait_for(self.next_job, 5))

    async def startWorker(self, a):
        worker = ZeebeWorker(self.channel, request_timeout=1000, stream_enabled=True, tenant_ids=["<default>"])

        @worker.task(task_type=a["type"])
        async def work(job: Job) -> dict:
            self.worked_jobs += 1
            return {"done": True}

        self.worker, self.working = worker, asyncio.create_task(worker.work())

    async def worked(self, a):
        for _ in range(80):
            if self.worked_jobs >= a["count"]:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.3)  # the last completion may be under way
        await self.worker.stop()
        self.working.cancel()
        return {"completed": self.worked_jobs}

    async def answer(self, request):
        call = getattr(self, request["call"], None)
        if call is None:
            return {"unsupported": True}
        try:
            return {"value": await call(request["args"]) or {}}
        except Exception as error:
            cause = error
            while cause is not None and not isinstance(cause, grpc.aio.AioRpcError):
                cause = getattr(cause, "grpc_error", None) or cause.__cause__
            if cause is None:
                return {"failed": repr(error)}
            return {"code": cause.code().name, "message": cause.details()}


async def main():
    driver = Driver(sys.argv[1])
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(await driver.answer(json.loads(line))), flush=True)
    await driver.channel.close(None)


asyncio.run(main())
