import { clsx } from 'clsx'
import type { ComponentProps, ReactNode } from 'react'

type Look = 'primary' | 'plain' | 'quiet' | 'danger'

const looks: Readonly<Record<Look, string>> = {
  primary: 'bg-accent text-on-accent border-transparent hover:brightness-110',
  plain: 'bg-surface text-ink border-line hover:border-line-strong',
  quiet: 'bg-transparent text-quiet border-transparent hover:text-ink hover:bg-sunken',
  danger: 'bg-surface text-failed border-line hover:border-failed',
}

export const buttonLook = (look: Look = 'plain', small = false): string =>
  clsx(
    'inline-flex items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none',
    'transition-[border-color,background-color,filter] duration-150 disabled:opacity-55 disabled:cursor-not-allowed',
    small ? 'h-7 px-2 text-xs' : 'h-8 px-3 text-sm',
    looks[look],
  )

type Props = ComponentProps<'button'> & { look?: Look; small?: boolean; busy?: boolean; children: ReactNode }

export function Button({ look = 'plain', small = false, busy = false, className, children, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled === true || busy}
      aria-busy={busy || undefined}
      className={clsx(buttonLook(look, small), className)}
    >
      {busy && <span aria-hidden="true" className="hairline-travel h-0.5 w-3" />}
      {children}
    </button>
  )
}
