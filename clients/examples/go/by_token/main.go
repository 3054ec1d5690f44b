// An API that takes siwn's access tokens. They are verified here, by the keys that siwn publishes: no request asks it.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

var issuer, audience = env("SIWN_PUBLIC_URL", "http://localhost:8080"), env("AUDIENCE", "localhost")
var network, port = env("NETWORK", "siwn-devnet"), env("PORT", "3000")
var now, refused = time.Now, errors.New("not_signed_in")

// The list of keys: kept for five minutes, asked for anew for a key that is not in it, but not more often than every five seconds.
var list struct {
	sync.Mutex
	keys    map[string]*ecdsa.PublicKey
	fetched time.Time
}

func key(id string) (*ecdsa.PublicKey, error) {
	list.Lock()
	defer list.Unlock()
	age := now().Sub(list.fetched)
	if known := list.keys[id]; age < 5*time.Second || known != nil && age < 5*time.Minute {
		return known, nil
	}
	client := http.Client{Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(issuer + "/.well-known/jwks.json")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var set struct {
		Keys []struct{ Kid, Crv, X, Y string }
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, answer.Body, 65536)).Decode(&set); err != nil || answer.StatusCode != 200 || set.Keys == nil {
		return nil, errors.New("siwn publishes no list of keys")
	}
	list.keys, list.fetched = map[string]*ecdsa.PublicKey{}, now()
	for _, one := range set.Keys {
		x, y := new(big.Int).SetBytes(bytes(one.X)), new(big.Int).SetBytes(bytes(one.Y))
		if one.Crv == "P-256" && elliptic.P256().IsOnCurve(x, y) {
			list.keys[one.Kid] = &ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}
		}
	}
	return list.keys[id], nil
}

// The account that a token speaks of. Any error but `refused` means that nobody can say.
func account(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(token) > 4096 || len(parts) != 3 {
		return "", refused
	}
	var header struct {
		Alg, Typ, Kid string
		Crit          any
	}
	// An identity token is signed with the same keys, and is none of ours.
	if json.Unmarshal(bytes(parts[0]), &header) != nil || header.Alg != "ES256" || header.Typ != "at+jwt" || header.Crit != nil {
		return "", refused
	}
	signer, err := key(header.Kid)
	if err != nil {
		return "", err
	}
	signature, hash := bytes(parts[2]), sha256.Sum256([]byte(parts[0]+"."+parts[1]))
	if signer == nil || len(signature) != 64 ||
		!ecdsa.Verify(signer, hash[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return "", refused
	}
	var claims struct {
		Iss, Aud, Sub, Network string
		Iat, Exp               int64
	}
	// The same name on another network is somebody else.
	if json.Unmarshal(bytes(parts[1]), &claims) != nil || claims.Iss != issuer || claims.Aud != audience || claims.Network != network {
		return "", refused
	}
	if at := now().Unix(); claims.Sub == "" || at >= claims.Exp+5 || claims.Iat > at+5 {
		return "", refused
	}
	return claims.Sub, nil
}

func main() {
	http.HandleFunc("/me", func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			token = ""
		}
		switch name, err := account(token); err {
		case nil:
			answer(w, 200, "account", name)
		case refused:
			answer(w, 401, "error", "not_signed_in")
		default:
			log.Print(err)
			answer(w, 503, "error", "try_again")
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on http://localhost:%s", port)
	log.Fatal(http.Serve(listener, nil))
}

func answer(w http.ResponseWriter, status int, name, value string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{name: value})
}

// The bytes of base64url. What is none has none.
func bytes(text string) []byte {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil
	}
	return decoded
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
