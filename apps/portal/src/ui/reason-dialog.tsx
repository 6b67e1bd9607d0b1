import { type ReactNode, useState } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { TextArea } from './field.tsx'
import { ProblemView } from './problem-view.tsx'

const reasonMin = 3

type Props = {
  title: string
  children?: ReactNode
  label?: string
  action: string
  danger?: boolean
  busy: boolean
  error: unknown
  onConfirm: (reason: string) => void
  onClose: () => void
}

/** Asks why, which the ledger keeps. */
export function ReasonDialog({
  title,
  children,
  label = 'Why',
  action,
  danger,
  busy,
  error,
  onConfirm,
  onClose,
}: Props) {
  const [reason, setReason] = useState('')
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          onConfirm(reason.trim())
        }}
      >
        {children !== undefined && <div className="text-sm text-quiet">{children}</div>}
        <TextArea
          label={label}
          required
          value={reason}
          onChange={setReason}
          help="Kept in the audit ledger."
          rows={2}
        />
        {error !== null && error !== undefined && <ProblemView error={error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            look={danger === true ? 'danger' : 'primary'}
            disabled={reason.trim().length < reasonMin}
            busy={busy}
          >
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
