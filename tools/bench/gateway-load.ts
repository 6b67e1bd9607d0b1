import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { p99 } from './lib.ts'

const run = promisify(execFile)

export const has = (program: string): boolean => {
  try {
    return execFileSync('sh', ['-c', `command -v ${program}`]).length > 0
  } catch {
    return false
  }
}

/** A command and its arguments, on one processor only where that can be said. */
export const pinned = (processor: number, command: string, ...args: string[]): [string, string[]] =>
  has('taskset') ? ['taskset', ['-c', String(processor), command, ...args]] : [command, args]

/** Moves this process to the processor of the load. */
export function pinSelf(): void {
  const [command, args] = ['taskset', ['-cp', '1', String(process.pid)]] as const
  if (has(command)) execFileSync(command, args)
}

export type Target = { url: string; token: string }
export type Loaded = { requests: number; rps: number; p99Ms: number; failed: number }

/** As many requests as the other side answers (closed loop). */
export function loadFully({ url, token }: Target, connections: number, seconds: number): Promise<Loaded> {
  const headers = ['-H', `authorization: Bearer ${token}`, '-H', 'accept: application/json']
  return runWrk(connections, seconds, [...headers, url])
}

/** wrk on the second processor; what more there is to say to it comes last. */
export async function runWrk(connections: number, seconds: number, more: readonly string[]): Promise<Loaded> {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...more]
  const { stdout } = await run(...pinned(1, 'wrk', ...args))
  const number = (form: RegExp): number => Number(form.exec(stdout)?.[1] ?? 0)
  const [, value = '0', unit = ''] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? []
  return {
    requests: number(/(\d+) requests in/),
    rps: number(/Requests\/sec:\s+([\d.]+)/),
    p99Ms: Number(value) * (unit === 'us' ? 0.001 : unit === 's' ? 1_000 : 1),
    failed: number(/Non-2xx or 3xx responses: (\d+)/) + number(/Socket errors: .*read (\d+)/),
  }
}

/**
 * The same at a fixed rate (open loop): requests are due at their instants whether or not others are answered, and a time
 * begins when its request was due. So what waits behind a slow answer counts as slow itself. In milliseconds; NaN where
 * the load could not keep that rate.
 */
export async function p99AtRate(target: Target, connections: number, rps: number, seconds: number): Promise<number> {
  const { hostname, port, pathname } = new URL(target.url)
  const text = `GET ${pathname} HTTP/1.1\r\nhost: a\r\naccept: application/json\r\nauthorization: Bearer ${target.token}\r\n\r\n`
  const times: number[] = []
  const due: number[] = []
  const idle: Socket[] = []
  const all: Socket[] = []
  const send = (): void => {
    while (due.length > 0 && idle.length > 0) {
      const socket = idle.pop()
      const dueMs = due.shift()
      if (socket === undefined || dueMs === undefined) return
      socket.once('data', () => {
        times.push(performance.now() - dueMs)
        idle.push(socket)
        send()
      })
      socket.write(text)
    }
  }
  for (let at = 0; at < connections; at++) {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () => void idle.push(socket))
    all.push(socket.on('error', () => undefined))
  }
  const beginMs = performance.now() + 500
  for (let sent = 0; ;) {
    const nowMs = performance.now()
    if (nowMs > beginMs + seconds * 1_000) break
    for (; beginMs + (sent * 1_000) / rps <= nowMs; sent++) due.push(beginMs + (sent * 1_000) / rps)
    send()
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const socket of all) socket.destroy()
  // The load itself could not keep up: what it waited for was its own processor.
  return due.length > 0.01 * rps * seconds ? NaN : p99(times)
}

/** nginx as a plain proxy with kept connections, on one processor; nothing where it is not installed. */
export async function startNginx(serviceUrl: string): Promise<{ url: string; child: ChildProcess } | undefined> {
  if (!has('nginx')) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'plinth-nginx-'))
  const port = 20_000 + Math.floor(Math.random() * 10_000)
  const config = `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/errors;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder};
  fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  keepalive_requests 100000000;
  upstream service { server ${new URL(serviceUrl).host}; keepalive 128; keepalive_requests 100000000; }
  server { listen 127.0.0.1:${port}; location / {
    proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
  } }
}`
  writeFileSync(join(folder, 'nginx.conf'), config)
  const [command, args] = pinned(0, 'nginx', '-c', join(folder, 'nginx.conf'))
  return { url: `http://127.0.0.1:${port}`, child: spawn(command, args, { stdio: 'ignore' }) }
}

const tickUs = 10_000

/** Processor time of a process and its children, in microseconds, as Linux counts it. */
export function cpuUsOfTree(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  return [pid, ...children.map(Number)].reduce((sum, one) => {
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return sum + (Number(fields[11]) + Number(fields[12])) * tickUs
  }, 0)
}
