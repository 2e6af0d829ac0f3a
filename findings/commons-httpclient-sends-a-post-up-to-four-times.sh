#!/usr/bin/env bash
# Commons HttpClient 3, the HTTP client below Axis and many older Java programs, sends a request again up to three times where the
# connection closes before an answer, a POST with a body too, on a fresh connection too. Its rule "not what was sent already" comes behind.
# Seen with commons-httpclient 3.1 (Debian 12, libcommons-httpclient-java) on OpenJDK 17, no settings: a POST is read in full and the
# connection closes: a second one arrives and executeMethod gives its 201. A server that answers none is sent four, within a second, and the
# call throws NoHttpResponseException. With a DefaultHttpMethodRetryHandler(0, false): one. Apache's HttpClient 4.5.14: one.
# Why it matters: one call in code that sets no retries is up to four payments, and nothing in the result tells. The exception's name,
# "the server failed to respond", does not say to how many.
# What reads otherwise: the page of its handler, by which a request is not sent again that has been sent.
set -eu
command -v javac >/dev/null || {
  echo 'needs a JDK: apt-get install -y default-jdk-headless'
  exit 2
}
jars=/usr/share/java
[ -e $jars/commons-httpclient.jar ] && [ -e $jars/httpclient.jar ] || {
  echo 'needs Commons HttpClient and HttpClient 4: apt-get install -y libcommons-httpclient-java libhttpclient-java'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export CLASSPATH=.:$jars/commons-httpclient.jar:$jars/commons-logging.jar:$jars/commons-codec.jar:$jars/httpclient.jar:$jars/httpcore.jar
cat >Pay.java <<'PROGRAM'
import org.apache.commons.httpclient.DefaultHttpMethodRetryHandler;
import org.apache.commons.httpclient.HttpClient;
import org.apache.commons.httpclient.methods.PostMethod;
import org.apache.commons.httpclient.methods.StringRequestEntity;
import org.apache.commons.httpclient.params.HttpMethodParams;
import org.apache.http.client.methods.HttpPost;
import org.apache.http.entity.StringEntity;
import org.apache.http.impl.client.HttpClients;

public class Pay {
  public static void main(String[] given) throws Exception {
    try {
      System.out.print(given[1].equals("4.5") ? newer(given[0]) : older(given[0], given[1].equals("3.1, handler of none")));
    } catch (Exception error) {
      System.out.print(error.getClass().getSimpleName());
    }
  }

  static int older(String url, boolean none) throws Exception {
    PostMethod post = new PostMethod(url);
    post.setRequestEntity(new StringRequestEntity("{\"amount\":20}", "application/json", "UTF-8"));
    if (none) post.getParams().setParameter(HttpMethodParams.RETRY_HANDLER, new DefaultHttpMethodRetryHandler(0, false));
    return new HttpClient().executeMethod(post);
  }

  static int newer(String url) throws Exception {
    HttpPost post = new HttpPost(url);
    post.setEntity(new StringEntity("{\"amount\":20}"));
    return HttpClients.createDefault().execute(post).getStatusLine().getStatusCode();
  }
}
PROGRAM
javac Pay.java
cat >run.mjs <<'PROGRAM'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'

async function pay(how, lost) {
  let posts = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (++posts <= lost) return request.socket.end()
      response.writeHead(201).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const { stdout } = await promisify(execFile)('java', ['Pay', `http://127.0.0.1:${server.address().port}/charges`, how])
  server.closeAllConnections()
  server.close()
  const seen = `${posts} POSTs, ${stdout}`
  console.log(`HttpClient ${how}, ${lost === 1 ? 'one answer' : 'all answers'} lost: ${seen}`)
  return seen
}
const seen = [await pay('3.1', 1), await pay('3.1', 9), await pay('3.1, handler of none', 1), await pay('4.5', 1)]
const same = seen.join('; ') === '2 POSTs, 201; 4 POSTs, NoHttpResponseException; 1 POSTs, NoHttpResponseException; 1 POSTs, NoHttpResponseException'
console.log(same ? 'as described: one call, four payments' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 90 node run.mjs
