/** A proxy as Debian has it: where it comes from, and how it is started in the foreground, for one folder. */
export type Program = {
  readonly program: string
  readonly aptPackage: string
  /** What prints its version, and what of that is the version. */
  readonly version: { readonly args: readonly string[]; readonly is: RegExp }
  /** The version of which told.ts and docs/proxies.md tell. */
  readonly measured: string
  readonly args: (place: Place) => readonly string[]
}

export type Place = { readonly folder: string; readonly config: string; readonly port: number }

export const PROGRAMS = {
  nginx: {
    program: 'nginx',
    aptPackage: 'nginx-light',
    version: { args: ['-v'], is: /nginx\/(\S+)/ },
    measured: '1.22.1',
    args: ({ folder, config }) => ['-p', folder, '-c', config, '-e', `${folder}/error.log`],
  },
  haproxy: {
    program: 'haproxy',
    aptPackage: 'haproxy',
    version: { args: ['-v'], is: /version (\d+\.\d+\.\d+)/ },
    measured: '2.6.12',
    args: ({ config }) => ['-db', '-f', config],
  },
  apache: {
    program: 'apache2',
    aptPackage: 'apache2',
    version: { args: ['-v'], is: /Apache\/(\S+)/ },
    measured: '2.4.71',
    // One process, as in a debugger: what is ended is all that there is.
    args: ({ folder, config }) => ['-d', folder, '-f', config, '-X'],
  },
  caddy: {
    program: 'caddy',
    aptPackage: 'caddy',
    version: { args: ['version'], is: /v?(\d\S+)/ },
    measured: '2.6.2',
    args: ({ config }) => ['run', '--config', config, '--adapter', 'caddyfile'],
  },
  varnish: {
    program: 'varnishd',
    aptPackage: 'varnish',
    version: { args: ['-V'], is: /varnish-(\d\S+)/ },
    measured: '7.1.1',
    args: ({ folder, config, port }) => [
      '-F',
      '-j',
      'none',
      '-s',
      'malloc,16m',
      '-n',
      `${folder}/work`,
      '-f',
      config,
      '-a',
      `127.0.0.1:${port}`,
    ],
  },
  squid: {
    program: 'squid',
    aptPackage: 'squid',
    version: { args: ['-v'], is: /Version (\S+)/ },
    measured: '5.7',
    args: ({ config, port }) => ['-N', '-f', config, '-n', `stillonce${port}`],
  },
} as const satisfies Readonly<Record<string, Program>>

export type ProxyName = keyof typeof PROGRAMS

export const PROXIES: readonly ProxyName[] = ['nginx', 'haproxy', 'apache', 'caddy', 'varnish', 'squid']
