import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-http-bearer';
import { type Actor, Authenticator } from '#organizations';

/** What of a request a strategy may see: no body and no query, or a key in an address would be taken (and logged). */
export interface Credentials {
  readonly id: string;
  readonly headers: { readonly authorization: string | undefined };
}

/** `Authorization: Bearer ldg_…` → Actor. */
@Injectable()
export class ApiKeyStrategy extends PassportStrategy(Strategy, 'api-key') {
  constructor(private readonly authenticator: Authenticator) {
    super({ passReqToCallback: true, realm: 'Leadger' });
  }

  /** Called by passport with the key that it found in the header. */
  async validate(credentials: Credentials, token: string): Promise<Actor | false> {
    return (await this.authenticator.authenticate(token, credentials.id)) ?? false;
  }
}
