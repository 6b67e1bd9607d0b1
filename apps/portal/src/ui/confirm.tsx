import { type ReactNode, useState } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { TextField } from './field.tsx'

type Props = {
  title: string
  children: ReactNode
  action: string
  /** What a dangerous action asks to be typed. */
  typeName?: string
  busy?: boolean
  onConfirm: () => void
  onClose: () => void
}

export function Confirm({ title, children, action, typeName, busy = false, onConfirm, onClose }: Props) {
  const [typed, setTyped] = useState('')
  const ready = typeName === undefined || typed === typeName
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) onConfirm()
        }}
      >
        <div className="text-sm text-quiet">{children}</div>
        {typeName !== undefined && (
          <TextField label={`Type ${typeName} to go on`} value={typed} onChange={setTyped} autoComplete="off" />
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look={typeName === undefined ? 'primary' : 'danger'} disabled={!ready} busy={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
