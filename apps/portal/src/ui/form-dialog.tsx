import type { ComponentProps, ReactNode } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { ProblemView } from './problem-view.tsx'

type Props = {
  title: string
  look?: ComponentProps<typeof Dialog>['look']
  children: ReactNode
  /** What the button says that does it. */
  action: string
  danger?: boolean
  busy?: boolean
  /** Whether what is filled in is enough. */
  ready?: boolean
  error?: unknown
  /** Beside the button: a second way on. */
  beside?: ReactNode
  onSubmit: () => void
  onClose: () => void
}

/** A form that does one thing: its fields, what went wrong, the way out and the way on. */
export function FormDialog(props: Props) {
  const { title, look, children, action, danger = false, busy = false, ready = true, error, beside } = props
  return (
    <Dialog title={title} onClose={props.onClose} {...(look && { look })}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          props.onSubmit()
        }}
      >
        {children}
        {error !== null && error !== undefined && <ProblemView error={error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={props.onClose}>Cancel</Button>
          <Button
            type="submit"
            look={danger ? 'danger' : beside === undefined ? 'primary' : 'plain'}
            busy={busy}
            disabled={!ready}
          >
            {action}
          </Button>
          {beside}
        </div>
      </form>
    </Dialog>
  )
}
