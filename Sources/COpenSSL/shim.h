// What message signing needs of OpenSSL: one-shot HMAC, its digests, and comparison in constant time.
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
