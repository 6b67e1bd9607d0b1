import { type ComponentProps, useState } from 'react'
import { type Question, useMay } from '../api/may.ts'
import { useViewedAs } from '../api/view-as.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Icon } from './icon.tsx'
import { Missing } from './missing.tsx'

type Props = ComponentProps<typeof Button> & { needs: Question | undefined }

/** A button of something that not everybody may do. To those it opens what is missing and the way to ask for it. */
export function MayButton({ needs, children, ...rest }: Props) {
  const may = useMay(needs)
  const as = useViewedAs()
  const [open, setOpen] = useState(false)
  if (needs === undefined || may.allowed) return <Button {...rest}>{children}</Button>
  return (
    <>
      <Button
        {...rest}
        type="button"
        look="plain"
        disabled={false}
        onClick={() => setOpen(true)}
        title={as === undefined ? 'You may not do this; see why' : `${as} may not do this; see why`}
        className="text-quiet!"
      >
        <Icon name="lock" size={14} /> {children}
      </Button>
      {open && (
        <Dialog
          title={as === undefined ? 'You may not do this' : `${as} may not do this`}
          onClose={() => setOpen(false)}
        >
          <div className="p-4">
            <p className="text-quiet">{may.reason}</p>
            <Missing {...needs} {...(may.grant && { grant: may.grant })} />
          </div>
        </Dialog>
      )}
    </>
  )
}
