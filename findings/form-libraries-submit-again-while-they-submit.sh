#!/usr/bin/env bash
# Three libraries for forms know that a form is being submitted, say so in `isSubmitting`, and run the handler once more when it is submitted
# again. What is to keep the second one out, a button that is disabled by that state, is drawn after the next render.
# Seen with react-hook-form 7.92.0, @tanstack/form-core 1.33.5 and formik 2.4.9 (React 19.3.1) on Node 20 and 24: a valid form is submitted,
# and 50 ms later again, while the first handler is at work and isSubmitting is true: two runs, side by side. final-form 5.0.1: one.
# Why it matters: a double click, or Enter held down, reaches the form twice before React has drawn the button anew: two orders, with
# nothing in common that a server could know them by. Make the key when the form is opened, not in the handler.
# What reads otherwise: final-form, where a submit of a form that is being submitted does nothing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent --legacy-peer-deps react-hook-form@7.92.0 @tanstack/form-core@1.33.5 formik@2.4.9 final-form@5.0.1 react@19.3.1 react-test-renderer@19.3.1
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { act, createElement } = require('react')
const { create } = require('react-test-renderer')
const { createFormControl } = require('react-hook-form')
const { FormApi } = require('@tanstack/form-core')
const { useFormik } = require('formik')
const { createForm } = require('final-form')

globalThis.IS_REACT_ACT_ENVIRONMENT = true
console.error = () => {}
const pause = ms => new Promise(done => setTimeout(done, ms))
const values = { amount: 20 }
// Each gives what submits the form and what it says of itself; `order` is the handler.
const forms = {
  'react-hook-form': order => {
    const { handleSubmit, formState, control } = createFormControl({ defaultValues: values })
    return { submit: handleSubmit(order), isSubmitting: () => (control?._formState ?? formState).isSubmitting }
  },
  '@tanstack/form-core': order => {
    const form = new FormApi({ defaultValues: values, onSubmit: order })
    form.mount()
    return { submit: () => form.handleSubmit(), isSubmitting: () => form.state.isSubmitting }
  },
  formik: async order => {
    let form
    const Order = () => {
      form = useFormik({ initialValues: values, onSubmit: order })
      return null
    }
    await act(async () => create(createElement(Order)))
    return { submit: () => form.submitForm(), isSubmitting: () => form.isSubmitting }
  },
  'final-form': order => {
    const form = createForm({ initialValues: values, onSubmit: order })
    form.registerField('amount', () => {}, {})
    return { submit: () => form.submit(), isSubmitting: () => form.getState().submitting }
  },
}
const seen = []
for (const [name, make] of Object.entries(forms)) {
  let runs = 0
  let now = 0
  let most = 0
  const { submit, isSubmitting } = await make(async () => {
    runs++
    most = Math.max(most, ++now)
    await pause(500)
    now--
  })
  let said
  await act(async () => void submit())
  await act(() => pause(50))
  said = isSubmitting()
  await act(async () => {
    const second = submit()
    await pause(1200)
    await second
  })
  const line = `isSubmitting ${said}, ${runs} runs, ${most} at once`
  console.log(`${name}: ${line}`)
  seen.push(line)
}
const twice = 'isSubmitting true, 2 runs, 2 at once'
const same = seen.join('; ') === [twice, twice, twice, 'isSubmitting true, 1 runs, 1 at once'].join('; ')
console.log(same ? 'as described: one form, two orders' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
