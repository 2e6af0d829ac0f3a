#!/usr/bin/env bash
# iso20022.js reads an id in a payment status report as a number if it looks like one. `00051`, `51`, `0x33`, `51.0`, `+51` and
# `5.1E1`, six ids to the bank, are all the number 51, and none is equal to the text that was sent.
# Seen with iso20022.js 0.0.15 on Node 20 and 24: pain.002, OrgnlMsgId: each of the six gives originalMessageId 51, of type
# number; `SHOP-51` and an id of 17 digits stay text.
# Why it matters: the original id is how a rejection finds its payment. A `Map` of payments by id does not find it, since "51" is
# not 51, or the rejection of 00051 rejects 51.
# What reads otherwise: the package's types, `originalMessageId: string`; ISO 20022, Max35Text, in which leading zeros count.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent iso20022.js@0.0.15
cat >run.mjs <<'PROGRAM'
import { PaymentStatusReport } from 'iso20022.js'

const read = id => PaymentStatusReport.fromXML(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt>
<GrpHdr><MsgId>BANK-1</MsgId><CreDtTm>2026-11-30T01:00:00</CreDtTm><InitgPty><Id><OrgId><Othr><Id>BANK</Id></Othr></OrgId></Id></InitgPty></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>${id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.03</OrgnlMsgNmId><GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts>
</CstmrPmtStsRpt></Document>`).firstStatusInformation.originalMessageId
const ids = ['00051', '51', '0x33', '51.0', '+51', '5.1E1', 'SHOP-51', '20261130000000051']
const given = ids.map(read)
ids.forEach((id, at) => console.log(`iso20022.js 0.0.15: <OrgnlMsgId>${id}</OrgnlMsgId> is read as`, given[at]))
const same = JSON.stringify(given) === '[51,51,51,51,51,51,"SHOP-51","20261130000000051"]'
console.log(same ? 'as described: six ids, one number' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
