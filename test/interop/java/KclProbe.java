import java.net.URI;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.NullMetricsFactory;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * A worker of the KCL that tells on standard output what befalls it, one JSON object a line.
 *
 * Arguments as name=value: stream, application, worker, kinesis, dynamodb (URLs),
 * retrieval (polling, fan-out), protocol (HTTP1_1, HTTP2).
 */
public final class KclProbe {
  public static void main(String[] arguments) throws Exception {
    Map<String, String> given = new HashMap<>();
    for (String argument : arguments) {
      String[] pair = argument.split("=", 2);
      given.put(pair[0], pair[1]);
    }
    Scheduler scheduler = schedulerOf(given);
    Thread thread = new Thread(scheduler, "scheduler");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        scheduler.startGracefulShutdown().get(30, TimeUnit.SECONDS);
      } catch (Exception failure) {
        tell("failed", "", "what", failure.toString());
      }
      tell("stopped", "");
    }));
    thread.start();
    thread.join();
  }

  private static Scheduler schedulerOf(Map<String, String> given) {
    StaticCredentialsProvider credentials =
        StaticCredentialsProvider.create(AwsBasicCredentials.create("AKIDEXAMPLE", "example"));
    String stream = given.get("stream");
    KinesisAsyncClient kinesis = KinesisAsyncClient.builder()
        .region(Region.US_EAST_1)
        .endpointOverride(URI.create(given.get("kinesis")))
        .credentialsProvider(credentials)
        .httpClientBuilder(NettyNioAsyncHttpClient.builder()
            .maxConcurrency(200)
            .protocol(Protocol.valueOf(given.get("protocol"))))
        .build();
    DynamoDbAsyncClient leases = DynamoDbAsyncClient.builder()
        .region(Region.US_EAST_1)
        .endpointOverride(URI.create(given.get("dynamodb")))
        .credentialsProvider(credentials)
        .build();
    CloudWatchAsyncClient unused = CloudWatchAsyncClient.builder()
        .region(Region.US_EAST_1)
        .credentialsProvider(credentials)
        .build();
    ConfigsBuilder configs = new ConfigsBuilder(
        new SingleStreamTracker(stream, InitialPositionInStreamExtended.newInitialPosition(
            InitialPositionInStream.TRIM_HORIZON)),
        given.get("application"), kinesis, leases, unused, given.get("worker"), Probe::new);
    RetrievalSpecificConfig retrieval = given.get("retrieval").equals("fan-out")
        ? new FanOutConfig(kinesis).streamName(stream).applicationName(given.get("application"))
        : new PollingConfig(stream, kinesis);
    return new Scheduler(configs.checkpointConfig(), configs.coordinatorConfig(),
        configs.leaseManagementConfig(), configs.lifecycleConfig(),
        configs.metricsConfig().metricsFactory(new NullMetricsFactory()),
        configs.processorConfig(), configs.retrievalConfig().retrievalSpecificConfig(retrieval));
  }

  /** Names and values by turns. No value here needs escaping but what `quoted` escapes. */
  static synchronized void tell(String event, String shard, String... more) {
    StringBuilder line = new StringBuilder("{\"event\":").append(quoted(event));
    line.append(",\"shard\":").append(quoted(shard));
    for (int i = 0; i < more.length; i += 2) {
      line.append(',').append(quoted(more[i])).append(':').append(quoted(more[i + 1]));
    }
    System.out.println(line.append('}'));
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\' || c < ' ') out.append(String.format("\\u%04x", (int) c));
      else out.append(c);
    }
    return out.append('"').toString();
  }

  private static final class Probe implements ShardRecordProcessor {
    private String shard = "";

    @Override
    public void initialize(InitializationInput input) {
      shard = input.shardId();
      tell("started", shard, "from", input.extendedSequenceNumber().sequenceNumber());
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
      for (KinesisClientRecord record : input.records()) {
        byte[] data = new byte[record.data().remaining()];
        record.data().duplicate().get(data);
        tell("record", shard, "sequence", record.sequenceNumber(), "key", record.partitionKey(),
            "data", Base64.getEncoder().encodeToString(data));
      }
      if (!input.records().isEmpty()) checkpoint(input.checkpointer());
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
      tell("lost", shard);
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
      tell("ended", shard);
      checkpoint(input.checkpointer());
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
      checkpoint(input.checkpointer());
    }

    private void checkpoint(RecordProcessorCheckpointer checkpointer) {
      try {
        checkpointer.checkpoint();
      } catch (ShutdownException | InvalidStateException failure) {
        tell("failed", shard, "what", failure.toString());
      }
    }
  }
}
