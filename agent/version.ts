// The version that hello and `version` tell; a test holds it to package.json, which the compiled agent does not carry.

export const VERSION = '0.1.0';
