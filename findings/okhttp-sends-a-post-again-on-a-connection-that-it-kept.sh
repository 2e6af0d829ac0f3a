#!/usr/bin/env bash
# OkHttp, the HTTP client of Android and of many SDKs for Java, sends a request again by itself where a connection that it kept
# closes before an answer, a POST with a body too. On a fresh connection it does not.
# Seen with OkHttp 3.13.1 (Debian 12) on OpenJDK 17: a GET, then a POST; the POST is read in full and the connection closes: a second
# POST arrives on a new connection, and the call is answered 201. The POST alone: one, an IOException. With
# `retryOnConnectionFailure(false)`: one.
# Why it matters: whether one call is one payment depends on what the app asked for before; the option is on by default, and its
# name speaks of connections that fail.
# What reads otherwise: Apache's HttpClient 4.5.14 (the same steps: one POST, NoHttpResponseException); RFC 9110 9.2.2.
set -eu
jars=''
for jar in okhttp okio httpclient httpcore commons-logging; do
  [ -e "/usr/share/java/$jar.jar" ] && jars="$jars/usr/share/java/$jar.jar:" || {
    echo 'needs OkHttp and HttpClient: apt-get install -y default-jdk-headless libokhttp-java libhttpclient-java'
    exit 2
  }
done
command -v javac >/dev/null || {
  echo 'needs a JDK: apt-get install -y default-jdk-headless'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >Pay.java <<'PROGRAM'
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.client.methods.HttpPost;
import org.apache.http.entity.StringEntity;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.util.EntityUtils;

public class Pay {
  public static void main(String[] given) throws Exception {
    boolean before = given[2].equals("after a GET");
    try {
      System.out.print("answered " + (given[1].equals("HttpClient") ? byHttpClient(given[0], before) : byOkHttp(given[0], before, given[1].equals("OkHttp"))));
    } catch (Exception error) {
      System.out.print("rejected " + error.getClass().getSimpleName());
    }
    System.exit(0);
  }

  static int byOkHttp(String url, boolean before, boolean again) throws Exception {
    OkHttpClient client = again ? new OkHttpClient() : new OkHttpClient.Builder().retryOnConnectionFailure(false).build();
    if (before) client.newCall(new Request.Builder().url(url).build()).execute().body().string();
    RequestBody body = RequestBody.create(MediaType.parse("application/json"), "{}");
    return client.newCall(new Request.Builder().url(url).post(body).build()).execute().code();
  }

  static int byHttpClient(String url, boolean before) throws Exception {
    CloseableHttpClient client = HttpClients.createDefault();
    if (before) EntityUtils.consume(client.execute(new HttpGet(url)).getEntity());
    HttpPost post = new HttpPost(url);
    post.setEntity(new StringEntity("{}"));
    return client.execute(post).getStatusLine().getStatusCode();
  }
}
PROGRAM
cat >run.mjs <<'PROGRAM'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'

async function pay(client, before) {
  let executed = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'GET') return response.end('ok')
      if (++executed === 1) return request.socket.end() // executed; the answer is lost
      response.writeHead(201).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${server.address().port}/charges`
  const told = await new Promise(done => execFile('java', ['-cp', process.env.JARS, 'Pay', url, client, before], { timeout: 30_000 }, (_, stdout) => done(stdout)))
  server.closeAllConnections()
  server.close()
  console.log(`${client}, ${before}: executed ${executed}, ${told}`)
  return `${executed} ${told}`
}
const seen = [
  await pay('OkHttp', 'after a GET'),
  await pay('OkHttp', 'alone'),
  await pay('OkHttp without retryOnConnectionFailure', 'after a GET'),
  await pay('HttpClient', 'after a GET'),
]
const same = seen.join('; ') === '2 answered 201; 1 rejected IOException; 1 rejected IOException; 1 rejected NoHttpResponseException'
console.log(same ? 'as described: the same POST, once or twice by what went before' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 javac -cp "$jars" Pay.java
JARS="$jars." timeout 120 node run.mjs
