import { Link } from '@tanstack/react-router'
import { clsx } from 'clsx'

export const whereText = (domain: string): string => (domain === '*' ? 'the whole platform' : domain)

const kinds: Readonly<Record<string, string>> = {
  user: 'user',
  group: 'group',
  sa: 'service account',
  role: 'role',
  job: 'job',
}

/** `user:ana` as its kind, quiet, and its name; `bare` where a column's head says the kind. */
export function Subject({ value, link = false, bare = false }: { value: string; link?: boolean; bare?: boolean }) {
  const [kind = '', name = value] = value.includes(':') ? [value.slice(0, value.indexOf(':')), value.slice(value.indexOf(':') + 1)] : [] // prettier-ignore
  const text = (
    <>
      {!bare && kind !== '' && (
        <span className="text-quiet" title={kinds[kind]}>
          {kind}:
        </span>
      )}
      {name}
    </>
  )
  const look = 'font-mono text-xs break-words'
  if (!link) return <span className={look}>{text}</span>
  return (
    <Link to="/access/what-can" search={{ subject: value }} className={clsx(look, 'hover:text-accent hover:underline')}>
      {text}
    </Link>
  )
}

export function Where({ domain }: { domain: string }) {
  return domain === '*' ? (
    <span className="whitespace-nowrap">everywhere</span>
  ) : (
    <span className="font-mono text-xs break-words">{domain}</span>
  )
}
