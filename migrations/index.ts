import { Organizations1760000000001 } from './0001-organizations.js';
import { Contracts1760000000002 } from './0002-contracts.js';
import { Ledger1760000000003 } from './0003-ledger.js';
import { Settlements1760000000004 } from './0004-settlements.js';
import { Leads1760000000005 } from './0005-leads.js';
import { Outcomes1760000000006 } from './0006-outcomes.js';
import { Charges1760000000007 } from './0007-charges.js';
import { Operations1760000000008 } from './0008-operations.js';
import { Approvals1760000000009 } from './0009-approvals.js';
import { ClawbackTerms1760000000010 } from './0010-clawback-terms.js';
import { Payments1760000000011 } from './0011-payments.js';
import { Collections1760000000012 } from './0012-collections.js';
import { Payouts1760000000013 } from './0013-payouts.js';
import { AfterApproval1760000000014 } from './0014-after-approval.js';
import { Verticals1760000000020 } from './0020-verticals.js';
import { Events1760000000022 } from './0022-events.js';
import { Persons1760000000023 } from './0023-persons.js';
import { Routing1760000000024 } from './0024-routing.js';
import { Handover1760000000025 } from './0025-handover.js';
import { CreditRooms1760000000026 } from './0026-credit-rooms.js';
import { Offers1760000000027 } from './0027-offers.js';
import { Imports1760000000028 } from './0028-imports.js';
import { Rerouting1760000000029 } from './0029-rerouting.js';
import { RoutingDesks1760000000030 } from './0030-routing-desks.js';
import { PingClaims1760000000031 } from './0031-ping-claims.js';
import { GrowingTables1760000000032 } from './0032-growing-tables.js';

/** Every migration in the order in which it runs; listed by import, so that a bundle or a test has the same list. */
export const migrations = [
  Organizations1760000000001,
  Contracts1760000000002,
  Ledger1760000000003,
  Settlements1760000000004,
  Leads1760000000005,
  Outcomes1760000000006,
  Charges1760000000007,
  Operations1760000000008,
  Approvals1760000000009,
  ClawbackTerms1760000000010,
  Payments1760000000011,
  Collections1760000000012,
  Payouts1760000000013,
  AfterApproval1760000000014,
  Verticals1760000000020,
  Events1760000000022,
  Persons1760000000023,
  Routing1760000000024,
  Handover1760000000025,
  CreditRooms1760000000026,
  Offers1760000000027,
  Imports1760000000028,
  Rerouting1760000000029,
  RoutingDesks1760000000030,
  PingClaims1760000000031,
  GrowingTables1760000000032,
];
