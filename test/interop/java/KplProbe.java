import com.google.common.util.concurrent.ListenableFuture;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordFailedException;
import software.amazon.kinesis.producer.UserRecordResult;

/**
 * Puts records with the KPL and tells on standard output what it was answered for each, one JSON
 * object a line. Arguments as name=value: port (TLS, on 127.0.0.1), stream, records, keys.
 * Record i has the data "record i" and the key "key-(i mod keys)".
 */
public final class KplProbe {
  public static void main(String[] arguments) throws Exception {
    Map<String, String> given = new HashMap<>();
    for (String argument : arguments) {
      String[] pair = argument.split("=", 2);
      given.put(pair[0], pair[1]);
    }
    long port = Long.parseLong(given.get("port"));
    KinesisProducer producer = new KinesisProducer(new KinesisProducerConfiguration()
        .setRegion("us-east-1")
        .setKinesisEndpoint("127.0.0.1").setKinesisPort(port)
        .setStsEndpoint("127.0.0.1").setStsPort(port)
        .setVerifyCertificate(false)
        .setMetricsLevel("none")
        .setCredentialsProvider(StaticCredentialsProvider.create(
            AwsBasicCredentials.create("AKIDEXAMPLE", "example"))));
    int records = Integer.parseInt(given.get("records"));
    int keys = Integer.parseInt(given.get("keys"));
    List<ListenableFuture<UserRecordResult>> answers = new ArrayList<>(records);
    for (int i = 0; i < records; i++) {
      ByteBuffer data = ByteBuffer.wrap(("record " + i).getBytes(StandardCharsets.UTF_8));
      answers.add(producer.addUserRecord(given.get("stream"), "key-" + i % keys, data));
    }
    producer.flush();
    for (int i = 0; i < records; i++) tell(i, answers.get(i));
    producer.destroy();
    System.exit(0);
  }

  private static void tell(int record, ListenableFuture<UserRecordResult> answer) throws Exception {
    try {
      UserRecordResult result = answer.get(60, TimeUnit.SECONDS);
      System.out.printf("{\"record\":%d,\"shard\":\"%s\",\"sequence\":\"%s\",\"attempts\":%d}%n",
          record, result.getShardId(), result.getSequenceNumber(), result.getAttempts().size());
    } catch (ExecutionException failure) {
      int attempts = failure.getCause() instanceof UserRecordFailedException failed
          ? failed.getResult().getAttempts().size() : 0;
      System.out.printf("{\"record\":%d,\"failed\":true,\"attempts\":%d}%n", record, attempts);
    }
  }
}
