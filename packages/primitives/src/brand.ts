declare const brand: unique symbol;

/** A `Base` that only its own checked maker should produce: two brands never assign to each other. Costs nothing at run time. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: { readonly [K in Name]: true } };
