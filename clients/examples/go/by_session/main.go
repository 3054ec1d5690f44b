// An application beside siwn: the browser's cookie, or a program's bearer token, is shown to siwn, which knows whose it is.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

// Where siwn listens, and what people see in the address bar.
var siwn, origin, port = env("SIWN_URL", "http://localhost:8080"), env("ORIGIN", "http://localhost:3000"), env("PORT", "3000")
var refused = errors.New("not_signed_in")
var client = http.Client{
	Timeout:       5 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// The account that is signed in. Any error but `refused` means that nobody can say.
func account(r *http.Request) (string, error) {
	// Browsers send cookies with other pages' requests, too, and say whose page it is.
	if from := r.Header.Get("Origin"); r.Method != "GET" && r.Method != "HEAD" && from != "" && from != origin {
		return "", refused
	}
	question, err := http.NewRequestWithContext(r.Context(), "GET", siwn+"/api/auth/session", nil)
	if err != nil {
		return "", err
	}
	for _, name := range []string{"Cookie", "Authorization"} {
		question.Header[name] = r.Header[name]
	}
	answer, err := client.Do(question)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var session struct{ AccountId string }
	switch answer.StatusCode {
	case 200:
		err = json.NewDecoder(answer.Body).Decode(&session)
	case 400, 401:
		err = refused
	default:
		err = fmt.Errorf("siwn answers %d", answer.StatusCode)
	}
	return session.AccountId, err
}

func main() {
	http.HandleFunc("/me", func(w http.ResponseWriter, r *http.Request) {
		switch name, err := account(r); err {
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

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
