import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.camunda.zeebe.client.ZeebeClient;
import io.camunda.zeebe.client.api.command.DeployResourceCommandStep1;
import io.camunda.zeebe.client.api.response.ActivatedJob;
import io.camunda.zeebe.client.api.worker.JobWorker;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Drives the Java client: reads calls from standard input, one JSON object a line, makes them, and
 * writes what it got, as ../README.md describes.
 */
public class Driver {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final ZeebeClient client;
  private final BlockingQueue<ActivatedJob> streamed = new LinkedBlockingQueue<>();
  private final BlockingQueue<Long> worked = new LinkedBlockingQueue<>();
  private Future<?> stream;
  private JobWorker worker;

  private Driver(String address) {
    client = ZeebeClient.newClientBuilder().grpcAddress(URI.create("http://" + address)).usePlaintext().preferRestOverGrpc(false).build();
  }

  public static void main(String[] args) throws Exception {
    Driver driver = new Driver(args[0]);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonNode request = JSON.readTree(line);
      System.out.println(JSON.writeValueAsString(driver.answer(request.get("call").asText(), request.get("args"))));
    }
    driver.client.close();
    System.exit(0);
  }

  private Map<String, Object> answer(String call, JsonNode a) {
    try {
      Object value = make(call, a);
      return value == null ? Map.of("unsupported", true) : Map.of("value", value);
    } catch (Exception e) {
      for (Throwable t = e; t != null; t = t.getCause()) {
        if (t instanceof StatusRuntimeException status) {
          Status s = status.getStatus();
          return Map.of("code", s.getCode().name(), "message", s.getDescription() == null ? "" : s.getDescription());
        }
      }
      return Map.of("failed", e.toString());
    }
  }

  private Object make(String call, JsonNode a) throws Exception {
    switch (call) {
      case "topology": return topology();
      case "deployResource": return deploy(a);
      case "create": return create(a);
      case "createWithResult": return createWithResult(a);
      case "activate": return activate(a);
      case "complete": return done(client.newCompleteCommand(key(a)).variables(variables(a)).send().join());
      case "fail":
        return done(client.newFailCommand(key(a)).retries(a.get("retries").asInt()).errorMessage(text(a, "message")).variables(variables(a)).send().join());
      case "throwError":
        return done(client.newThrowErrorCommand(key(a)).errorCode(text(a, "code")).errorMessage(text(a, "message")).variables(variables(a)).send().join());
      case "updateRetries": return done(client.newUpdateRetriesCommand(key(a)).retries(a.get("retries").asInt()).send().join());
      case "updateTimeout": return done(client.newUpdateTimeoutCommand(key(a)).timeout(a.get("timeout").asLong()).send().join());
      case "publish": return publish(a);
      case "setVariables":
        return Map.of("key", "" + client.newSetVariablesCommand(key(a)).variables(variables(a)).local(a.path("local").asBoolean()).send().join().getKey());
      case "resolveIncident": return done(client.newResolveIncidentCommand(key(a)).send().join());
      case "cancel": return done(client.newCancelInstanceCommand(key(a)).send().join());
      case "openStream": return openStream(a);
      case "streamed": return streamed();
      case "startWorker": return startWorker(a);
      case "worked": return worked(a);
      default: return null;
    }
  }

  private Object topology() {
    var t = client.newTopologyRequest().send().join();
    List<Object> partitions = new ArrayList<>();
    t.getBrokers().forEach(b -> b.getPartitions().forEach(p ->
        partitions.add(Map.of("id", p.getPartitionId(), "role", p.getRole().name(), "health", p.getHealth().name()))));
    return Map.of("clusterSize", t.getClusterSize(), "partitionsCount", t.getPartitionsCount(), "replicationFactor", t.getReplicationFactor(),
        "brokers", t.getBrokers().size(), "partitions", partitions, "hasVersion", !t.getGatewayVersion().isEmpty());
  }

  private Object deploy(JsonNode a) throws Exception {
    DeployResourceCommandStep1.DeployResourceCommandStep2 command = null;
    for (JsonNode file : a.get("files")) {
      Path path = Path.of(file.asText());
      byte[] content = Files.readAllBytes(path);
      String name = path.getFileName().toString();
      command = command == null ? client.newDeployResourceCommand().addResourceBytes(content, name) : command.addResourceBytes(content, name);
    }
    var r = command.send().join();
    List<Object> processes = new ArrayList<>();
    r.getProcesses().forEach(p -> processes.add(Map.of("bpmnProcessId", p.getBpmnProcessId(), "version", p.getVersion(),
        "processDefinitionKey", "" + p.getProcessDefinitionKey(), "resourceName", p.getResourceName())));
    return Map.of("key", "" + r.getKey(), "processes", processes);
  }

  private Object create(JsonNode a) {
    var r = client.newCreateInstanceCommand().bpmnProcessId(text(a, "processId")).latestVersion().variables(variables(a)).send().join();
    return Map.of("processInstanceKey", "" + r.getProcessInstanceKey(), "bpmnProcessId", r.getBpmnProcessId(), "version", r.getVersion(),
        "processDefinitionKey", "" + r.getProcessDefinitionKey(), "tenantId", r.getTenantId());
  }

  private Object createWithResult(JsonNode a) throws Exception {
    var command = client.newCreateInstanceCommand().bpmnProcessId(text(a, "processId")).latestVersion().variables(variables(a)).withResult();
    var r = command.fetchVariables(strings(a, "fetch")).requestTimeout(Duration.ofMillis(a.get("timeout").asLong())).send().join();
    return Map.of("processInstanceKey", "" + r.getProcessInstanceKey(), "bpmnProcessId", r.getBpmnProcessId(), "version", r.getVersion(),
        "processDefinitionKey", "" + r.getProcessDefinitionKey(), "variables", JSON.readTree(r.getVariables()), "tenantId", r.getTenantId());
  }

  private Object activate(JsonNode a) throws Exception {
    var r = client.newActivateJobsCommand().jobType(text(a, "type")).maxJobsToActivate(a.get("max").asInt()).workerName(text(a, "worker"))
        .timeout(Duration.ofMillis(a.get("timeout").asLong())).fetchVariables(strings(a, "fetch"))
        .requestTimeout(Duration.ofMillis(a.get("requestTimeout").asLong())).send().join();
    List<Object> jobs = new ArrayList<>();
    for (ActivatedJob job : r.getJobs()) {
      jobs.add(job(job));
    }
    return Map.of("jobs", jobs);
  }

  private Object publish(JsonNode a) {
    var r = client.newPublishMessageCommand().messageName(text(a, "name")).correlationKey(text(a, "correlationKey")).messageId(text(a, "messageId"))
        .timeToLive(Duration.ofMillis(a.get("ttl").asLong())).variables(variables(a)).send().join();
    return Map.of("key", "" + r.getMessageKey(), "tenantId", r.getTenantId());
  }

  private Object openStream(JsonNode a) throws Exception {
    stream = (Future<?>) client.newStreamJobsCommand().jobType(text(a, "type")).consumer(streamed::add).workerName(text(a, "worker"))
        .timeout(Duration.ofMinutes(1)).tenantIds("<default>").send();
    Thread.sleep(1000); // nothing tells that a stream is registered
    return Map.of();
  }

  private Object streamed() throws Exception {
    ActivatedJob job = streamed.poll(5, TimeUnit.SECONDS);
    stream.cancel(true);
    if (job == null) {
      throw new IllegalStateException("no job came over the stream");
    }
    return job(job);
  }

  private Object startWorker(JsonNode a) {
    worker = client.newWorker().jobType(text(a, "type")).handler((jobs, job) -> {
      jobs.newCompleteCommand(job).variables("{\"done\":true}").send().join();
      worked.add(job.getKey());
    }).streamEnabled(true).tenantIds("<default>").open();
    return Map.of();
  }

  private Object worked(JsonNode a) throws Exception {
    int count = a.get("count").asInt();
    for (int i = 0; i < count; i++) {
      if (worked.poll(8, TimeUnit.SECONDS) == null) {
        throw new IllegalStateException("the worker completed " + i + " of " + count + " jobs");
      }
    }
    worker.close();
    return Map.of("completed", count);
  }

  private static Object job(ActivatedJob j) throws Exception {
    Map<String, Object> value = new LinkedHashMap<>();
    value.put("key", "" + j.getKey());
    value.put("type", j.getType());
    value.put("processInstanceKey", "" + j.getProcessInstanceKey());
    value.put("bpmnProcessId", j.getBpmnProcessId());
    value.put("processDefinitionVersion", j.getProcessDefinitionVersion());
    value.put("processDefinitionKey", "" + j.getProcessDefinitionKey());
    value.put("elementId", j.getElementId());
    value.put("elementInstanceKey", "" + j.getElementInstanceKey());
    value.put("customHeaders", j.getCustomHeaders());
    value.put("worker", j.getWorker());
    value.put("retries", j.getRetries());
    value.put("deadlineAhead", j.getDeadline() > System.currentTimeMillis());
    value.put("variables", JSON.readTree(j.getVariables()));
    value.put("tenantId", j.getTenantId());
    return value;
  }

  private static Object done(Object response) {
    return Map.of();
  }

  private static long key(JsonNode a) {
    return Long.parseLong(a.get("key").asText());
  }

  private static String text(JsonNode a, String name) {
    return a.path(name).asText("");
  }

  private static String variables(JsonNode a) {
    if (a.hasNonNull("variablesText")) {
      return a.get("variablesText").asText();
    }
    return a.hasNonNull("variables") ? a.get("variables").toString() : "{}";
  }

  private static List<String> strings(JsonNode a, String name) {
    List<String> list = new ArrayList<>();
    a.path(name).forEach(s -> list.add(s.asText()));
    return list;
  }
}
