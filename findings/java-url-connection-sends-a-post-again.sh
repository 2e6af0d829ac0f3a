#!/usr/bin/env bash
# HttpURLConnection, the HTTP client that Java programs have had from the start, sends a POST again by itself where the connection
# closes before an answer, a fresh connection too, and hands over the second answer alone. Java's newer HttpClient does not.
# Seen with OpenJDK 17.0.15 (Debian 12), no settings: one POST is read in full, and the connection closes: a second POST with the
# same body arrives on a new connection, and getResponseCode() is 201. HttpClient: one POST, an IOException. With
# `-Dsun.net.http.retryPost=false`: one POST, a SocketException. With setFixedLengthStreamingMode: one POST, too.
# Why it matters: one call in code that sets no retries is two payments, and nothing in the result tells. A library that is built
# on that class has it without a word of its own.
# What reads otherwise: RFC 9110 9.2.2, a client should not send again by itself what has no idempotent method.
set -eu
command -v javac >/dev/null || {
  echo 'needs a JDK: apt-get install -y default-jdk-headless'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >Pay.java <<'PROGRAM'
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public class Pay {
  public static void main(String[] given) throws Exception {
    URI to = URI.create(given[0]);
    try {
      System.out.print("answered " + (given[1].equals("HttpClient") ? byHttpClient(to) : byConnection(to, given[1].contains("fixed length"))));
    } catch (Exception error) {
      System.out.print("rejected " + error.getClass().getSimpleName());
    }
    System.exit(0);
  }

  static int byConnection(URI to, boolean fixed) throws Exception {
    HttpURLConnection connection = (HttpURLConnection) to.toURL().openConnection();
    connection.setRequestMethod("POST");
    connection.setDoOutput(true);
    if (fixed) connection.setFixedLengthStreamingMode(2);
    connection.getOutputStream().write("{}".getBytes());
    return connection.getResponseCode();
  }

  static int byHttpClient(URI to) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(to).POST(HttpRequest.BodyPublishers.ofString("{}")).build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
  }
}
PROGRAM
cat >run.mjs <<'PROGRAM'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const { stderr } = await execute('java', ['-version'])
console.log(stderr.split('\n')[0])
async function pay(name, ...settings) {
  const bodies = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => (body += piece)).on('end', () => {
      if (bodies.push(body) === 1) return request.socket.end() // executed; the answer is lost
      response.writeHead(201).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const { stdout } = await execute('java', [...settings, '-cp', '.', 'Pay', `http://127.0.0.1:${server.address().port}/charges`, name], { timeout: 30_000 })
  server.closeAllConnections()
  server.close()
  console.log(`${name} ${settings.join(' ')}: executed ${bodies.length} (${bodies.join(' ')}), ${stdout}`)
  return `${bodies.join()} ${stdout}`
}
const seen = [
  await pay('HttpURLConnection'),
  await pay('HttpClient'),
  await pay('HttpURLConnection', '-Dsun.net.http.retryPost=false'),
  await pay('HttpURLConnection, fixed length'),
]
const same = seen.join('; ') === '{},{} answered 201; {} rejected IOException; {} rejected SocketException; {} rejected SocketException'
console.log(same ? 'as described: one call, two payments' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 javac Pay.java
timeout 120 node run.mjs
