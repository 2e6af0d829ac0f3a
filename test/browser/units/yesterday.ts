import { inject } from 'vitest'
import { takeAway } from '../../package/take-away.ts'

/* Before each file: the page has only what all browsers of Baseline "widely available" have. */
takeAway(inject('namesTooNew'))
