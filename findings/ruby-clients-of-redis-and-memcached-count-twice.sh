#!/usr/bin/env bash
# The Ruby gems for Redis and for Memcached send a command again on a new connection where its answer was lost, whatever it does, with
# no option set: a count goes up by two, an order is in the list twice, a whole MULTI is done twice, and who has won a claim is told
# no.
# Seen with redis 4.8.0 and dalli 3.0.6 (Debian 12: ruby-redis, ruby-dalli) on Redis 7.0.15, Memcached 1.6.18 and Ruby 3.1: a command
# is executed and the connection is reset before its answer: INCR and incr of 5 give 7, LPUSH leaves two entries, MULTI { INCR } gives
# 7, SET NX gives false and `add` gives false, and both claims are the caller's. redis with `reconnect_attempts: 0`: once each, and an
# error. phpredis 5.3.7: once, and an error.
# Why it matters: a failover of Redis is the moment of lost answers, for all at once: stock counted down twice, jobs queued twice,
# locks that nobody holds and nobody gets. No exception says that anything was lost.
# What reads otherwise: README of redis, by default the gem will "only retry a connection once": not a command.
set -eu
ruby -e "require 'redis'; require 'dalli'" 2>/dev/null && command -v redis-server >/dev/null && command -v memcached >/dev/null && php -r 'exit(extension_loaded("redis") ? 0 : 1);' 2>/dev/null || {
  echo 'needs ruby-redis, ruby-dalli, php-cli, php-redis, redis-server and memcached: apt-get install ruby-redis ruby-dalli php-cli php-redis redis-server memcached'
  exit 1
}
folder=$(mktemp -d)
started=''
trap '[ -z "$started" ] || kill $started; rm -rf "$folder"' EXIT
cd "$folder"
redis-server --port 0 --unixsocket "$folder/redis.sock" --save '' >/dev/null &
started="$!"
memcached -u "$(id -un)" -s "$folder/memcached.sock" &
started="$started $!"
until [ -S "$folder/redis.sock" ] && [ -S "$folder/memcached.sock" ]; do sleep 0.1; done
cat >run.rb <<'PROGRAM'
require 'dalli'
require 'logger'
require 'redis'
require 'socket'

Dalli.logger = Logger.new(File::NULL)

# Passes bytes on, and resets the connection in the place of the first answer to a command that names a given key.
def proxy(upstream)
  lost = []
  server = TCPServer.new('127.0.0.1', 0)
  Thread.new do
    loop do
      client = server.accept
      Thread.new do
        backend = UNIXSocket.new(upstream)
        cut = false
        loop do
          ready, = IO.select([client, backend])
          if ready.include?(client)
            bytes = client.readpartial(65_536)
            key = bytes[/lost-[a-z]+/]
            cut = key && !lost.include?(key)
            lost << key if cut
            backend.write(bytes)
          else
            bytes = backend.readpartial(65_536)
            break if cut
            client.write(bytes)
          end
        end
        client.setsockopt(Socket::SOL_SOCKET, Socket::SO_LINGER, [1, 0].pack('ii'))
        client.close
      rescue IOError, SystemCallError
        client.close
      ensure
        backend&.close
      end
    end
  end
  server.addr[1]
end

def told
  yield.inspect
rescue StandardError
  'an error'
end

def look(options)
  direct = Redis.new(path: 'redis.sock')
  direct.flushall
  %w[lost-count lost-multi].each { |key| direct.set(key, 5) }
  client = Redis.new(host: '127.0.0.1', port: proxy('redis.sock'), **options)
  client.ping
  [
    "incr #{told { client.incr('lost-count') }} (#{direct.get('lost-count')})",
    "lpush #{told { client.lpush('lost-list', 'order') }} (#{direct.llen('lost-list')})",
    "multi #{told { client.multi { |multi| multi.incr('lost-multi') } }} (#{direct.get('lost-multi')})",
    "set nx #{told { client.set('lost-claim', 'mine', nx: true) }} (#{direct.get('lost-claim')})",
  ].join(', ')
end

by_default = look({})
without = look({ reconnect_attempts: 0 })
puts "redis #{Redis::VERSION}: #{by_default}", "redis #{Redis::VERSION}, reconnect_attempts 0: #{without}"

direct = Dalli::Client.new(File.expand_path('memcached.sock'))
direct.set('lost-count', '5', 60, raw: true)
client = Dalli::Client.new("127.0.0.1:#{proxy('memcached.sock')}")
client.get('warm')
dalli = "incr #{told { client.incr('lost-count') }} (#{direct.get('lost-count', raw: true)}), add #{told { client.add('lost-claim', 'mine') }} (#{direct.get('lost-claim')})"
puts "dalli #{Dalli::VERSION}: #{dalli}"

File.write('run.php', <<~'PHP')
  <?php
  $direct = new Redis();
  $direct->connect(getcwd() . '/redis.sock');
  $direct->set('lost-php', 5);
  $redis = new Redis();
  $redis->connect('127.0.0.1', (int) $argv[1]);
  $redis->ping();
  try {
      $told = $redis->incr('lost-php');
  } catch (RedisException $error) {
      $told = 'an error';
  }
  echo "incr $told ({$direct->get('lost-php')})";
PHP
php = IO.popen(['php', 'run.php', proxy('redis.sock').to_s], &:read)
puts "phpredis: #{php}"

same = by_default == 'incr 7 (7), lpush 2 (2), multi [7] (7), set nx false (mine)' &&
  without == 'incr an error (6), lpush an error (1), multi an error (6), set nx an error (mine)' &&
  dalli == 'incr 7 (7), add false (mine)' && php == 'incr an error (6)'
puts same ? 'as described: one command, two executions' : 'changed'
exit same
PROGRAM
timeout 60 ruby run.rb
