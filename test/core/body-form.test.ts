import { describe, expect, test } from 'vitest'
import {
  formOf,
  isAnnouncedJson,
  isCutXml,
  isJsonLines,
  isTypeAskedFor,
  markupOf,
} from '../../src/core/answers/body-form.ts'

describe('a page is markup, whatever its type', () => {
  test.each([
    '<!doctype html><p>x',
    '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN"><html><head>',
    '\n <html><head><title>502 Bad Gateway</title></head>',
    '<!-- x --><html>',
    '<!-- a -->\n<!-- b -->\n<body>',
    '<!-- captive portal that never ends',
    '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html xmlns="x">',
    '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"></html>',
    '<?xml version="1.0"?><h:html xmlns:h="http://www.w3.org/1999/xhtml"></h:html>',
    '\uFEFF<html>',
    '\uFFFD\uFFFD<\0h\0t\0m\0l\0>\0',
    '<head><title>Login</title></head>',
    '<title>403 Forbidden</title>',
    '<script>location="/login"</script>',
    '<center><h1>nginx</h1></center>',
    '<meta http-equiv="refresh" content="0">',
    '<H1>Not Found</H1>',
    '<br>blocked',
    '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    'Not found: <b>/orders</b>',
    'Access denied.<br/>Ask your administrator.',
    'ERROR <!-- ref 4711 -->',
    '<?php echo 1;',
  ])('%j', text => {
    expect(markupOf(text)).toBe('html')
    expect(formOf(text, 'text/plain')).toBe('html')
    expect(formOf(text, undefined)).toBe('html')
  })

  test.each(['text/html', 'TEXT/HTML; charset=utf-8', ' application/xhtml+xml'])(
    'and so is what is called %s',
    type => {
      expect(formOf('blocked by policy', type)).toBe('html')
      expect(formOf('', type)).toBe('other')
    },
  )
})

describe('what is no page', () => {
  test.each([
    ['none', 'no such order'],
    ['none', 'the amount must be < 100 and > 5'],
    ['none', 'a list of List<String> items'],
    ['none', 'write to <shop@example.test>'],
    ['none', ''],
    ['none', '{"page":"<html>"}'],
    ['none', '["<b>"]'],
    ['xml', '<error/>'],
    ['xml', '<?xml version="1.0"?>\n<error code="7"><title>no card</title></error>'],
    ['xml', '<problem xmlns="urn:ietf:rfc:7807"><title>x</title></problem> <!-- end -->'],
    ['xml', '<!DOCTYPE error SYSTEM "e.dtd"><error>x</error>'],
    ['xml', '<soap:Envelope xmlns:soap="x"><soap:Body><b>x</b></soap:Body></soap:Envelope>'],
    ['cut-xml', '<error><message>card decl'],
    ['cut-xml', '<?xml version="1.0"?><error'],
  ])('%s: %j', (markup, text) => {
    expect(markupOf(text)).toBe(markup)
  })

  test('a text is one, bytes are not', () => {
    expect(formOf('no such order\r\n\t', 'text/plain')).toBe('other')
    expect(formOf('\u0001\u0002proto', 'application/x-protobuf')).toBe('binary')
  })
})

describe('what announces JSON', () => {
  test.each([
    ['', 'application/json', true],
    ['tru', 'application/json; charset=utf-8', true],
    ['x', 'application/problem+json', true],
    ['x', 'text/json', true],
    ['x', 'application/json-seq', false],
    ['x', 'application/x-ndjson', false],
    ['x', 'text/plain; a="application/json"', false],
    ['x', undefined, false],
    [' {"a', 'text/plain', true],
    ['[1,', undefined, true],
    ['"par', undefined, true],
    ['12', undefined, false],
  ])('%j of type %s: %s', (text, type, expected) => {
    expect(isAnnouncedJson(text, type)).toBe(expected)
  })

  test.each([
    ['{"a":1}\n{"b":2}\n', 'application/x-ndjson', true],
    ['\u001E{"a":1}\n\u001E{"b":2}\n', 'application/json-seq', true],
    ['{"a":1}\n{"b', 'application/x-ndjson', false],
    ['{"a":1}\n{"b":2}', 'application/json', false],
    ['', 'application/jsonl', false],
  ])('lines of JSON: %j of type %s: %s', (text, type, expected) => {
    expect(isJsonLines(text, type)).toBe(expected)
  })

  test('XML is cut where its type says that it is XML', () => {
    expect(isCutXml('<error><mess', 'application/problem+xml')).toBe(true)
    expect(isCutXml('<error><mess', 'text/plain')).toBe(false)
    expect(isCutXml('<error/>', 'text/xml')).toBe(false)
  })
})

test.each([
  '{',
  '{"error":',
  '{ }',
  '{\n  "a',
  '[',
  '[1',
  '[-',
  '[{',
  '[[',
  '["x',
  '[]',
  '[true',
  '"',
  '"ab',
  '"a\\"b"',
  ' "x" ',
])('JSON that is begun is announced by itself: %s', text => {
  expect(isAnnouncedJson(text, undefined)).toBe(true)
  expect(isAnnouncedJson(text, 'text/plain')).toBe(true)
})

test.each(['[amount] is required', '[OK] done', '"amount" is required', '{amount} is required', 'no [1]'])(
  'a text that only looks like it is not, unless its type says so: %s',
  text => {
    expect(isAnnouncedJson(text, 'text/plain')).toBe(false)
    expect(isAnnouncedJson(text, 'application/problem+json')).toBe(true)
  },
)

test.each([
  ['text/csv', 'text/csv', true],
  ['text/csv; charset=utf-8', 'application/json, Text/CSV;q=0.5', true],
  ['text/csv', '*/*', false],
  ['text/csv', 'text/*', false],
  ['text/csv', undefined, false],
  [undefined, 'text/csv', false],
  [undefined, '', false],
])('an answer of the type %s to a request that accepts %s was asked for by name: %s', (type, accept, is) => {
  expect(isTypeAskedFor(type, accept)).toBe(is)
})
